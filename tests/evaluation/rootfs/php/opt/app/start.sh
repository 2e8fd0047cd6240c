#!/bin/sh
mkdir -p /run/php
/usr/sbin/php-fpm8.2 --daemonize
exec /usr/sbin/nginx -g 'daemon off;'
