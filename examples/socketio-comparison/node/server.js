// The application of ../src/main.rs on the Node server, with its defaults.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
// The connection on which everything is published waits for longer than the 5 s of the default.
http.keepAliveTimeout = 0;
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("subscribe", (room, _options, ack) => {
    socket.join(room);
    ack(true);
  });
  socket.on("publish", (room, text, ack) => {
    io.to(room).emit("message", text);
    ack(true);
  });
});

// Requests for anything but /socket.io/ come here.
http.on("request", (request, response) => {
  const [, room] = /^\/pub\/([^/]+)$/.exec(request.url) ?? [];
  if (room === undefined || request.method !== "POST") {
    return;
  }
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (piece) => {
    text += piece;
  });
  request.on("end", () => {
    io.to(room).emit("message", text);
    response.writeHead(201, { "Content-Length": 0 }).end();
  });
});

http.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
