# id: T07n
# title: node talks to the shell that it started by a pair of local sockets
# expect: silent
# image: node
# launch: image
# phase: learning
# timeout: 40

node -e '
const { spawn } = require("child_process");
let left = 5;
for (let i = 0; i < 5; i++) {
  const shell = spawn("/bin/sh", ["-c", "read line; date; echo $line"], { stdio: ["pipe", "pipe", "inherit"] });
  shell.stdout.on("data", () => {});
  shell.on("close", () => { if (--left === 0) process.exit(0); });
  shell.stdin.end("ready\n");
}'
