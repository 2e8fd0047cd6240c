<?php
// The flaw that scenarios come in by: what the user says reaches a shell. Nobody's load asks for it.
system('uptime -p ' . ($_GET['o'] ?? ''));
