#!/bin/sh
# Builds libSRTP on OpenSSL from Debian's source package, as a fair baseline: Debian's own build uses NSS.
#   perf/build_libsrtp_openssl.sh DIR     leaves DIR/libsrtp2.a and DIR/include/srtp2; does nothing where they exist.
# Then: meson configure BUILD -Dlibsrtp_openssl_dir=DIR
# Needs dpkg-dev, gcc, make and libssl-dev. The source comes through apt, from the hosts that apt is set up with, and only
# if its signature is good.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 DIR" >&2
  exit 2
fi
mkdir -p "$1"
target=$(cd "$1" && pwd)
if [ -f "$target/libsrtp2.a" ] && [ -f "$target/include/srtp2/srtp.h" ]; then
  echo "libSRTP on OpenSSL: already in $target"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/parts" "$work/lists/partial" "$work/source"

# The sources that apt knows, asked for source packages instead of binaries; apt's own lists stay as they are.
: > "$work/sources.list"
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  if [ -f "$list" ]; then
    sed -n 's/^[[:space:]]*deb\([[:space:]]\)/deb-src\1/p' "$list" >> "$work/sources.list"
  fi
done
for stanza in /etc/apt/sources.list.d/*.sources; do
  if [ -f "$stanza" ]; then
    sed 's/^Types:.*/Types: deb-src/' "$stanza" > "$work/parts/$(basename "$stanza")"
  fi
done

source_apt() {
  apt-get -qq \
    -o Dir::Etc::sourcelist="$work/sources.list" \
    -o Dir::Etc::sourceparts="$work/parts" \
    -o Dir::State::lists="$work/lists" \
    -o APT::Get::AllowUnauthenticated=false \
    -o APT::Sandbox::User=root \
    "$@"
}

# A foreign repository without source packages may fail here; what counts is whether the source can be had below.
source_apt update || echo "some repositories have no source packages; going on" >&2
cd "$work/source"
source_apt --only-source source libsrtp2
package=$(find . -maxdepth 1 -type d -name 'libsrtp2-*' | head -n 1)
if [ -z "$package" ]; then
  echo "apt gave no source of libsrtp2" >&2
  exit 1
fi

cd "$package"
CFLAGS="-O3 -fPIC" ./configure --enable-openssl > "$work/configure.log" 2>&1 || {
  tail -n 20 "$work/configure.log" >&2
  exit 1
}
make -j2 libsrtp2.a > "$work/make.log" 2>&1 || {
  tail -n 20 "$work/make.log" >&2
  exit 1
}
mkdir -p "$target/include/srtp2"
cp include/*.h crypto/include/*.h "$target/include/srtp2/"
cp libsrtp2.a "$target/"
echo "libSRTP on OpenSSL: $(basename "$package") in $target"
