#!/usr/bin/env bash
# Makes the calls of foreign_clients_test.ts by gsutil (its path is $1) with the files of the folder $2; prints a line for each:
# its name, a tab, and what it came to.
set -u
bucket=gs://tintype-raw

g() { "$gsutil" -q "$@" </dev/null; }
outcome() { printf '%s\t%s\n' "$1" "$2"; }
# The status that a call fails with.
status() {
  g "$@" 2>&1 >/dev/null | sed -nE 's/.*No URLs matched.*/404/; s/.*(^|[^0-9])([45][0-9]{2})([^0-9]|$).*/\2/; /^[45][0-9]{2}$/p' | head -n 1
}
# Names of a listing on one line.
names() { sed -E "s#^$bucket/##; s/#[0-9]+\$//" | xargs echo; }

gsutil=$1
cd "$2" || exit
printf hello >small.png
printf plain >plain.txt
head -c 700000 /dev/zero | tr '\0' z >large.bin

g -h x-goog-meta-k:v cp small.png $bucket/a/1
stat=$("$gsutil" stat $bucket/a/1)
found() { sed -nE "s/^ *$1: +//p" <<<"$stat"; }
outcome "upload with metadata" "$(found Content-Length) $(found Content-Type) $(found k)"
outcome "upload over it, if absent" "$(status -h x-goog-if-generation-match:0 cp small.png $bucket/a/1)"
g cp large.bin $bucket/pieces
outcome "upload in pieces" "$(g cat $bucket/pieces | wc -c)"
outcome "download" "$(g cat $bucket/a/1)"
outcome "download a range" "$(g cat -r 1-2 $bucket/a/1)"
outcome "download a missing one" "$(status cat $bucket/none)"
outcome "list" "$(g ls "$bucket/**" | names)"
outcome "list folders" "$(g ls $bucket | names)"
outcome "list versions" "$(g ls -a "$bucket/**" | names)"
g setmeta -h x-goog-meta-k:w $bucket/a/1
outcome "change metadata" "$(g ls -la $bucket/a/1 | sed -nE 's/.*metageneration=([0-9]+).*/\1/p')"
g cp -Z plain.txt $bucket/packed.txt
g cp $bucket/packed.txt unpacked.txt
outcome "read gzip unpacked" "$(cat unpacked.txt) $(cat unpacked.txt)"
g rm $bucket/packed.txt
outcome "remove" "$(g stat $bucket/packed.txt && echo true || echo false)"
g mb gs://gsutil-bucket
g rb gs://gsutil-bucket
outcome "make and remove a bucket" "$(g ls | wc -l)"
