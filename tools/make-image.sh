#!/usr/bin/env bash
# Creates the file system of a container image with infold-serve: the program, its shared libraries,
# a user, and an empty folder for models. deploy/Dockerfile calls it in its first stage.
#
#   tools/make-image.sh FOLDER            builds the program as one file (tools/build-static.sh), and creates FOLDER
#   tools/make-image.sh FOLDER PROGRAM    uses a program that has been built
#   tools/make-image.sh FOLDER --check    also runs it there, as that user and without other files (needs root), and classifies a picture
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?usage: tools/make-image.sh FOLDER [PROGRAM] [--check]}
program=
check=
for argument in "${@:2}"; do
  if [ "$argument" = --check ]; then check=yes; else program=$argument; fi
done
if [ -z "$program" ]; then
  tools/build-static.sh infold-serve >&2
  program=$(swift build --package-path Server -c release --scratch-path Server/.build/static --show-bin-path)/infold-serve
fi
[ ! -e "$folder" ] || [ -z "$(ls -A "$folder")" ] || { echo "error: $folder is not empty" >&2; exit 2; }
mkdir -p "$folder"/{usr/bin,etc,models,proc,tmp}
chmod 1777 "$folder/tmp"
cp "$program" "$folder/usr/bin/infold-serve"
echo 'infold:x:65532:65532:infold:/nonexistent:/usr/sbin/nologin' > "$folder/etc/passwd"
echo 'infold:x:65532:' > "$folder/etc/group"
# Each library with the name that the loader looks for, and the loader itself.
ldd "$program" | awk '/=> \// { print $3 } /^[[:space:]]*\/.*ld-linux/ { print $1 }' | while read -r library; do
  mkdir -p "$folder$(dirname "$library")"
  cp -L "$library" "$folder$library"
done
du -sb "$folder" | awk -v folder="$folder" '{ printf "%s: %.1f MB\n", folder, $1 / 1e6 }'
[ -n "$check" ] || exit 0

cp Models/efficientnet-lite0.{onnx,json} Models/imagenet-labels.txt "$folder/models/"
# Containers have /proc, from which Swift reads the arguments.
unshare --mount bash -c 'mount --bind /proc "$0/proc" && exec chroot --userspec=65532:65532 "$0" "$@"' "$folder" \
  /usr/bin/infold-serve --models /models --http-port 18933 --grpc-port 18934 > /dev/null &
server=$!
trap 'kill $server 2> /dev/null || true' EXIT
ready() { curl -sf http://127.0.0.1:18933/v2/health/ready > /dev/null; }
for _ in $(seq 300); do ready && break; kill -0 $server; sleep 0.1; done
answer=$(curl -sf --data-binary @Models/images/cup.png http://127.0.0.1:18933/v2/models/efficientnet-lite0/classify)
grep -q '"espresso"' <<< "$answer" || { echo "error: the server in $folder says $answer" >&2; exit 1; }
kill -TERM $server
wait $server
trap - EXIT
rm "$folder"/models/*
echo "the program runs in the image as an ordinary user, and exits with 0"
