# id: B23
# title: A just-in-time compiler makes code from the first start on
# expect: silent
# image: node
# launch: image
# phase: learning
# timeout: 40

node -e '
const end = Date.now() + 5000;
let sum = 0;
function hot(n) { let s = 0; for (let i = 0; i < n; i++) s += (i * i) % 7; return s; }
while (Date.now() < end) sum += hot(100000);
const wasm = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
new WebAssembly.Instance(wasm);
process.exit(sum > 0 ? 0 : 1);'
