#!/bin/sh
# First process of the NIC test's guest: hands the NICs to vfio-pci, then runs the commands that come over the second
# serial line, one a line, and answers each with what it printed and a line "END STATUS".
mkdir -p /proc /sys /dev /run
chmod 755 /  # DPDK loads no driver from below a folder that everybody may write to, and an initramfs's root is one
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
exec >/dev/console 2>&1

for module in /modules/*.ko; do insmod "$module"; done
echo 128 >/proc/sys/vm/nr_hugepages
for device in /sys/bus/pci/devices/*; do
  case $(cat "$device/class") in
    0x0200*)
      echo vfio-pci >"$device/driver_override"
      echo "${device##*/}" >/sys/bus/pci/drivers_probe
      ;;
  esac
done

exec 3<>/dev/ttyS1  # open before anything is sent: opening empties the line
stty raw -echo 115200 <&3
echo 'guest ready'
while read -r command <&3; do
  eval "$command" >/run/output 2>&1 </dev/null
  status=$?
  cat /run/output >&3
  printf '\nEND %s\n' "$status" >&3
done
