<?php
$visits = sys_get_temp_dir() . '/visits';
file_put_contents($visits, (int)@file_get_contents($visits) + 1);
file_put_contents(sys_get_temp_dir() . '/searches', ($_GET['q'] ?? '') . "\n");
echo "shop ", htmlspecialchars($_GET['q'] ?? ''), "\n";
