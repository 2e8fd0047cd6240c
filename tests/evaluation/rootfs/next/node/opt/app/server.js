// A small web application: counts visits in a file.
const fs = require('fs');
const http = require('http');

fs.mkdirSync('/var/lib/app', { recursive: true });
let visits = 0;
http.createServer((request, response) => {
  visits++;
  fs.writeFileSync('/var/lib/app/visits', String(visits));
  fs.writeFileSync('/var/lib/app/last', request.url);
  request.resume();
  request.on('end', () => {
    response.statusCode = request.url === '/' || request.method === 'POST' ? 200 : 404;
    response.end(JSON.stringify({ visits }));
  });
}).listen(80);
