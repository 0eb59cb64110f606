/* What the load generator alone can do: a server that reads as little of a message as it can,
   acknowledges it and passes it on. Everything a real one does is missing.

   echo PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#define MOST 16384
#define EVENTS 256

typedef struct {
  Wire wire;
  bool is_upgraded, is_dirty;
  char visit[37];
} Guest;

static Guest guests[MOST];
static int consoles[MOST], console_count, dirty[MOST], dirty_count, poll_fd;

static void write_on(int at) {
  if (guests[at].is_dirty) return;
  guests[at].is_dirty = true;
  dirty[dirty_count++] = at;
}

static void send_soon(int at, const char *text, int length) {
  wire_put(&guests[at].wire, TEXT, text, (size_t)length);
  write_on(at);
}

static void send_now(void) {
  for (int i = 0; i < dirty_count; i++) {
    Guest *guest = &guests[dirty[i]];
    guest->is_dirty = false;
    wire_flush(&guest->wire);
    bool is_full = guest->wire.out_at < guest->wire.out_len;
    if (is_full == guest->wire.waits_to_write) continue;
    guest->wire.waits_to_write = is_full;
    struct epoll_event event = {.events = EPOLLIN | (is_full ? EPOLLOUT : 0),
                                .data.u32 = (uint32_t)dirty[i]};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, guest->wire.fd, &event);
  }
  dirty_count = 0;
}

static void join(int at, const Frame *frame) {
  if (!memcmp(frame->text, "40/console", 10)) {
    consoles[console_count++] = at;
    send_soon(at, "40/console,{\"sid\":\"c\"}", 22);
    return;
  }
  const char *visit = memmem(frame->text, frame->length, "\"visit\":\"", 9);
  if (visit) memcpy(guests[at].visit, visit + 9, 36);
  send_soon(at, "40/visitors,{\"sid\":\"v\"}", 23);
}

static void relay(int at, const Frame *frame) {
  static char text[MOST];
  const char *seq = memmem(frame->text, frame->length, "\"seq\":", 6);
  const char *acts = memmem(frame->text, frame->length, "\"acts\":[", 8);
  if (!seq || !acts) return;
  int last = atoi(frame->text + 12), from = atoi(seq + 6);
  int rest = (int)(frame->text + frame->length - acts) - 2;
  int length = snprintf(text, sizeof text,
                        "42/console,[\"visit-acted\",{\"visit\":\"%s\",\"from_seq\":%d,"
                        "\"to_seq\":%d,%.*s}]",
                        guests[at].visit, from, last, rest, acts);
  for (int i = 0; i < console_count; i++) send_soon(consoles[i], text, length);
  length = snprintf(text, sizeof text, "43/visitors,%d[{\"ok\":true,\"last\":%d}]", last, last);
  send_soon(at, text, length);
}

static void upgrade(int at) {
  static const char ANSWER[] =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  static const char OPENING[] =
      "0{\"sid\":\"e\",\"upgrades\":[],\"pingTimeout\":60000,\"pingInterval\":60000}";
  Wire *wire = &guests[at].wire;
  char *end = memmem(wire->in, wire->in_len, "\r\n\r\n", 4);
  if (!end) return;
  wire->in_at = (size_t)(end + 4 - wire->in);
  guests[at].is_upgraded = true;
  wire_put_raw(wire, ANSWER, sizeof ANSWER - 1);
  send_soon(at, OPENING, sizeof OPENING - 1);
}

static void leave(int at) {
  Guest *guest = &guests[at];
  for (int i = 0; i < console_count; i++)
    if (consoles[i] == at) consoles[i--] = consoles[--console_count];
  close(at);
  free(guest->wire.in);
  free(guest->wire.out);
  *guest = (Guest){.is_dirty = guest->is_dirty};
}

static void on_readable(int at) {
  Frame frame;
  if (!wire_read(&guests[at].wire)) {
    leave(at);
    return;
  }
  if (!guests[at].is_upgraded) upgrade(at);
  while (guests[at].is_upgraded && wire_next(&guests[at].wire, &frame)) {
    if (frame.length > 12 && !memcmp(frame.text, "40/", 3)) join(at, &frame);
    if (frame.length > 12 && !memcmp(frame.text, "42/", 3)) relay(at, &frame);
  }
}

static void welcome(int listener) {
  int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0 || fd >= MOST) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  guests[fd].wire.fd = fd;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)fd};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

int main(int count, char **arguments) {
  if (count != 2) give_up("echo PORT");
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
    give_up("cannot listen: %m");
  poll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)listener};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poll_fd, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      int at = (int)events[i].data.u32;
      if (at == listener) welcome(listener);
      else if (events[i].events & EPOLLOUT) write_on(at);
      if (at != listener && events[i].events & (EPOLLIN | EPOLLHUP)) on_readable(at);
    }
    send_now();
  }
}
