# In a mount namespace of its own: makes the peers' folder the root, the bench's folder its /mnt, and starts dockerd there.
# Standard input closing is the sign to stop, so that nothing stays behind however the bench ends.
# usage: unshare --mount --propagation private sh peer-root.sh PEERS_FOLDER BENCH_FOLDER
set -eu
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount --bind "$2" mnt
pivot_root . .
umount -l .
cd /

bridge=lamella-bench
ip link add $bridge type bridge
ip address add 10.231.0.1/24 dev $bridge
mkdir -p /mnt/docker
dockerd --data-root /mnt/docker --exec-root /run/docker --pidfile /run/docker.pid --host unix:///run/docker.sock \
  --storage-driver overlay2 --bridge $bridge --log-level error \
  >/mnt/dockerd.log 2>&1 </dev/null &
dockerd=$!
tries=150
while ! [ -S /run/docker.sock ] && [ $tries -gt 0 ]; do
  sleep 0.2
  tries=$((tries - 1))
done
echo "$dockerd"
cat >/dev/null
kill "$dockerd" 2>/dev/null || true
wait "$dockerd" || true
ip link delete $bridge
