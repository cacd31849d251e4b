#!/bin/sh
# Runs one fuzz target: fuzz.sh TARGET FOUND CORPUS... 25 seconds, always the same way, so that a failure is one of the
# change at hand; ten minutes with new inputs each time where SALLYPORT_LONG is set.
seconds=25
seed=1
[ -n "$SALLYPORT_LONG" ] && seconds=600 seed=0
# A finding must not end with 77, libFuzzer's own choice: that says that a test was skipped.
target=$1
shift
exec "$target" -error_exitcode=1 -seed=$seed -max_total_time=$seconds -max_len=8192 -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 "$@"
