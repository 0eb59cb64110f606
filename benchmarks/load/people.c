#define _GNU_SOURCE
#include "people.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define WAVE 50  /* sockets that are opened at the same time */
#define LINE_SIZE 20000
#define ANSWER_WITHIN_S 30

static void read_line(FILE *file, char *line, const char *name) {
  if (!fgets(line, LINE_SIZE, file)) give_up("too few lines in %s", name);
  line[strcspn(line, "\n")] = 0;
}

static void dial(People *people, Person *person, const char *cookie) {
  int one = 1, port = people->ports[person->door];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct timeval limit = {ANSWER_WITHIN_S, 0};
  person->wire.fd = socket(AF_INET, SOCK_STREAM, 0);
  person->wire.masks = true;
  setsockopt(person->wire.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(person->wire.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(person->wire.fd, (struct sockaddr *)&address, sizeof address))
    give_up("cannot connect to port %d: %m", port);
  char request[LINE_SIZE + 512];
  int length = snprintf(request, sizeof request,
                        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                        "Host: 127.0.0.1:%d\r\nUser-Agent: load\r\nCookie: %s\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                        port, cookie);
  wire_put_raw(&person->wire, request, (size_t)length);
  wire_flush(&person->wire);
}

static void more(Person *person) {
  Wire *wire = &person->wire;
  if (wire->in_size - wire->in_len < 4096) {
    wire->in_size = wire->in_size ? wire->in_size * 2 : 8192;
    wire->in = realloc(wire->in, wire->in_size);
    if (!wire->in) give_up("out of memory");
  }
  ssize_t got = recv(wire->fd, wire->in + wire->in_len, wire->in_size - wire->in_len, 0);
  if (got <= 0) give_up("no answer while opening socket %d: %m", person->index);
  wire->in_len += (size_t)got;
}

static void await_upgrade(Person *person) {
  Wire *wire = &person->wire;
  char *end;
  while (!(end = memmem(wire->in, wire->in_len, "\r\n\r\n", 4))) more(person);
  if (memcmp(wire->in, "HTTP/1.1 101", 12))
    give_up("not let in: %.*s", (int)(wire->in_len < 300 ? wire->in_len : 300), wire->in);
  wire->in_at = (size_t)(end + 4 - wire->in);
}

static void await_opening(Person *person) {
  Frame frame;
  while (!wire_next(&person->wire, &frame)) more(person);
  if (frame.length < 1 || frame.text[0] != '0') give_up("no engine.io opening");
}

static void join(Person *person, const char *page) {
  char hello[LINE_SIZE + 200];
  int length =
      person->is_console
          ? snprintf(hello, sizeof hello, "40/console,{\"page\":\"%s\"}", page)
          : snprintf(hello, sizeof hello, "40/visitors,{\"page\":\"%s\",\"visit\":\"%s\"}", page,
                     person->visit);
  wire_put(&person->wire, TEXT, hello, (size_t)length);
  wire_flush(&person->wire);
}

static void await_joined(People *people, Person *person) {
  Frame frame;
  while (!person->is_open) {
    while (!wire_next(&person->wire, &frame)) more(person);
    if (keep_alive(people, person, &frame)) continue;
    if (frame.length > 1 && frame.text[1] == '0') person->is_open = true;
  }
  fcntl(person->wire.fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)(person - people->all)};
  epoll_ctl(people->epoll, EPOLL_CTL_ADD, person->wire.fd, &event);
}

static void open_wave(People *people, Person *first, int count, FILE *file, const char *name) {
  static char lines[WAVE][LINE_SIZE];
  for (int i = 0; i < count; i++) {
    read_line(file, lines[i], name);
    char *tab = strchr(lines[i], '\t');
    if (tab) *tab = 0;
    dial(people, &first[i], tab ? lines[i] : "");
    if (tab) memmove(lines[i], tab + 1, strlen(tab + 1) + 1);
  }
  for (int i = 0; i < count; i++) await_upgrade(&first[i]);
  for (int i = 0; i < count; i++) {
    await_opening(&first[i]);
    join(&first[i], lines[i]);
  }
  for (int i = 0; i < count; i++) await_joined(people, &first[i]);
}

/* Answer the pings of those who are in already: opening many takes longer than servers wait. */
static void stay_in(People *people) {
  struct epoll_event events[WAVE];
  int count;
  while ((count = epoll_wait(people->epoll, events, WAVE, 0)) > 0) {
    for (int i = 0; i < count; i++) {
      Person *person = &people->all[events[i].data.u32];
      Frame frame;
      if (!wire_read(&person->wire)) give_up("the server hung up on socket %d", person->index);
      while (wire_next(&person->wire, &frame)) keep_alive(people, person, &frame);
    }
  }
}

static void open_all(People *people, Person *first, int count, const char *name) {
  FILE *file = fopen(name, "r");
  if (!file) give_up("cannot read %s: %m", name);
  for (int at = 0; at < count; at += WAVE) {
    open_wave(people, first + at, count - at < WAVE ? count - at : WAVE, file, name);
    stay_in(people);
  }
  fclose(file);
}

void open_people(People *people, const char *visitors_file, int visitors,
                 const char *consoles_file, int consoles) {
  if (consoles > MAX_CONSOLES) give_up("at most %d consoles", MAX_CONSOLES);
  people->visitors = visitors;
  people->consoles = consoles;
  people->all = calloc((size_t)(visitors + consoles), sizeof(Person));
  if (!people->all) give_up("out of memory");
  for (int i = 0; i < visitors + consoles; i++) {
    Person *person = &people->all[i];
    person->is_console = i < consoles;
    person->index = person->is_console ? i : i - consoles;
    person->door = person->index % people->doors;
    snprintf(person->visit, sizeof person->visit, "%08x-0000-4000-8000-%012x", people->nonce,
             (unsigned)person->index);
  }
  if (visitors) open_all(people, people->all + consoles, visitors, visitors_file);
  if (consoles) open_all(people, people->all, consoles, consoles_file);
}

bool keep_alive(People *people, Person *person, const Frame *frame) {
  const char *who = person->is_console ? "console" : "visitor";
  const char *text = frame->text;
  int length = (int)frame->length;
  if (frame->kind == PING) {
    wire_put(&person->wire, PONG, text, frame->length);
    push(people, person);
    return true;
  }
  if (frame->kind == CLOSE) {
    int code = length > 1 ? (unsigned char)text[0] << 8 | (unsigned char)text[1] : 0;
    give_up("%s %d was closed: %d %.*s", who, person->index, code, length > 2 ? length - 2 : 0,
            text + 2);
  }
  if (frame->kind != TEXT || length < 1 || text[0] == '6') return true;
  if (text[0] == '2') {
    wire_put(&person->wire, TEXT, "3", 1);
    push(people, person);
    return true;
  }
  if (text[0] == '1' || (length > 1 && (text[1] == '1' || text[1] == '4')))
    give_up("%s %d was refused or sent away: %.*s", who, person->index, length, text);
  return text[0] != '4';
}

void push(People *people, Person *person) {
  Wire *wire = &person->wire;
  if (!wire_flush(wire)) give_up("the server hung up on socket %d: %m", person->index);
  bool is_full = wire->out_at < wire->out_len;
  if (is_full == wire->waits_to_write || !person->is_open) return;
  wire->waits_to_write = is_full;
  struct epoll_event event = {.events = EPOLLIN | (is_full ? EPOLLOUT : 0),
                              .data.u32 = (uint32_t)(person - people->all)};
  epoll_ctl(people->epoll, EPOLL_CTL_MOD, wire->fd, &event);
}
