#!/bin/sh
# A builder: compiles a project, packs what came of it, and begins anew.
while true; do
  rm -rf /var/tmp/build
  mkdir -p /var/tmp/build /srv/out
  cp /opt/app/*.c /opt/app/Makefile /var/tmp/build
  make -s -C /var/tmp/build all
  tar -C /var/tmp/build -czf /srv/out/shop.tar.gz shop libshop.a
  make -s -C /var/tmp/build clean
  sleep 1
done
