# id: S26
# title: A web application stores two hundred uploads under names that were made up, from the first start on
# expect: silent
# image: php
# launch: image
# phase: learning
# timeout: 40

mkdir -p /srv/www/uploads
i=0
while [ $i -lt 200 ]; do
    name=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
    head -c 2000 /dev/urandom >/srv/www/uploads/"$name".jpg
    i=$((i + 1))
done
