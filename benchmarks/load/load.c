/* The load on the live path: visitors who click and consoles that watch.

   load PORT[,PORT...] VISITORS VISITORS-FILE CONSOLES CONSOLES-FILE SHOWN

   opens every socket, says {"open": n}, and then does what it reads from its input, line by line:

     run SECONDS WARM WINDOW RATE BATCH

   With a WINDOW, so many messages are under way at all times (closed loop, each visitor one at
   most); with a RATE, so many acts leave every second, on schedule, whether or not earlier ones
   were answered, and times run from the schedule. BATCH acts travel in one message. A message is
   done when it is acknowledged and SHOWN consoles have shown its acts, each once and in order.
   The answer is one line of JSON. Between the runs the sockets stay open and answer pings. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "people.h"

#define EVENTS 256
#define COMMANDS UINT32_MAX
#define SECOND 1000000000ull
#define STALLED_AFTER (5 * SECOND)
#define MAX_BATCH 100

static People people;
static const char *const TARGETS[] = {"close-faster", "cut-cost", "pay-on-time", "grow-lean"};

/* What a run counts. */
static struct {
  uint64_t sent, done, acts_acked, acts_shown, repeated, missed, refused, held;
  Histogram ack, shown_here, shown_elsewhere;  /* by the port the visitor also came in by, or not */
} tally;
static bool is_measuring, is_closed_loop;
static uint64_t under_way, last_progress;
static int batch_size, *free_visitors, free_at, free_count;

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static double cpu_s(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static const char *wall_time(void) {
  static char text[40];
  static uint64_t last_ms;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  uint64_t ms = (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
  if (ms != last_ms) {
    struct tm parts;
    gmtime_r(&time.tv_sec, &parts);
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, sizeof text - length, ".%03uZ", (unsigned)(ms % 1000));
    last_ms = ms;
  }
  return text;
}

/* In the closed loop a visitor whose message is done queues up for the next. */
static void release(Person *visitor) {
  if (!is_closed_loop) return;
  int at = (free_at + free_count++) % people.visitors;
  free_visitors[at] = visitor->index;
}

/* Send the next acts of a visitor. False if too many of its messages wait already. */
static bool act(Person *visitor, uint64_t at) {
  static char text[MAX_BATCH * 300 + 100];
  if (visitor->newest - visitor->oldest == IN_FLIGHT) return false;
  Message *message = &visitor->flight[visitor->newest++ % IN_FLIGHT];
  *message = (Message){.sent_ns = at, .first = visitor->seq + 1, .last = visitor->seq + batch_size};
  int length = sprintf(text, "42/visitors,%d[\"acts\",{\"acts\":[", message->last);
  for (int i = 0; i < batch_size; i++) {
    int seq = ++visitor->seq;
    const char *target = TARGETS[seq % 4];
    length += sprintf(text + length,
                      "%s{\"seq\":%d,\"kind\":\"clicked\",\"name\":\"goals.choose\","
                      "\"module\":\"goals\",\"target\":\"%s\",\"details\":{\"label\":\"%s\"},"
                      "\"at\":\"%s\"}",
                      i ? "," : "", seq, target, target, wall_time());
  }
  length += sprintf(text + length, "]}]");
  wire_put(&visitor->wire, TEXT, text, (size_t)length);
  push(&people, visitor);
  tally.sent++;
  under_way++;
  return true;
}

/* Let go of messages that nobody waits for any more. */
static void settle(Person *visitor, const Message *message) {
  if (!message->is_acked || message->shown < people.shown) return;
  tally.done++;
  under_way--;
  while (visitor->oldest != visitor->newest) {
    const Message *oldest = &visitor->flight[visitor->oldest % IN_FLIGHT];
    if (!oldest->is_acked || oldest->shown < people.shown) break;
    visitor->oldest++;
  }
  if (visitor->oldest == visitor->newest) release(visitor);
}

/* The server refused a message: forget it and what was sent behind it; the acts go again. */
static void take_back(Person *visitor, unsigned flight) {
  unsigned dropped = visitor->newest - flight;
  tally.refused += dropped;
  under_way -= dropped;
  visitor->seq = visitor->flight[flight % IN_FLIGHT].first - 1;
  visitor->newest = flight;
  if (visitor->oldest == visitor->newest) release(visitor);
}

static void on_ack(Person *visitor, const Frame *frame, uint64_t at) {
  const char *id = memchr(frame->text, ',', frame->length);
  int last = id ? atoi(id + 1) : 0;
  for (unsigned i = visitor->oldest; i != visitor->newest; i++) {
    Message *message = &visitor->flight[i % IN_FLIGHT];
    if (message->last != last || message->is_acked) continue;
    if (!memmem(frame->text, frame->length, "\"ok\":true", 9)) {
      if (!memmem(frame->text, frame->length, "slow-down", 9))
        give_up("acts refused: %.*s", (int)frame->length, frame->text);
      take_back(visitor, i);
      return;
    }
    message->is_acked = true;
    tally.acts_acked += (uint64_t)(message->last - message->first + 1);
    if (is_measuring) histogram_add(&tally.ack, (at - message->sent_ns) / 1000);
    settle(visitor, message);
    return;
  }
}

/* The whole number behind a key of a JSON object; -1 if it is not there. */
static int number(const Frame *frame, const char *key) {
  const char *found = memmem(frame->text, frame->length, key, strlen(key));
  if (!found) return -1;
  found += strlen(key);
  while (*found == ' ') found++;
  return atoi(found);
}

/* Whose visit a console message tells of; NULL if it is none of this run. */
static Person *whose(const Frame *frame) {
  static const char KEY[] = "\"visit\":";
  const char *found = memmem(frame->text, frame->length, KEY, sizeof KEY - 1);
  const char *end = frame->text + frame->length;
  if (!found || end - found < (long)sizeof KEY + 38) return NULL;
  found += sizeof KEY - 1;
  while (*found == ' ' || *found == '"') found++;
  char nonce[9];
  snprintf(nonce, sizeof nonce, "%08x", people.nonce);
  if (memcmp(found, nonce, 8)) return NULL;
  long index = strtol(found + 24, NULL, 16);
  return index < people.visitors ? &people.all[people.consoles + index] : NULL;
}

static void on_shown(Person *console, const Frame *frame, uint64_t at) {
  if (!memmem(frame->text, frame->length < 40 ? frame->length : 40, "\"visit-acted\"", 13)) return;
  Person *visitor = whose(frame);
  int from = number(frame, "\"from_seq\":"), to = number(frame, "\"to_seq\":");
  if (!visitor || from < 1 || to < from) return;
  int *until = &visitor->shown_until[console->index];
  if (from <= *until) tally.repeated += (uint64_t)((to < *until ? to : *until) - from + 1);
  if (from > *until + 1) tally.missed += (uint64_t)(from - *until - 1);
  if (to <= *until) return;
  tally.acts_shown += (uint64_t)(to - (from > *until ? from - 1 : *until));
  for (unsigned i = visitor->oldest; i != visitor->newest; i++) {
    Message *message = &visitor->flight[i % IN_FLIGHT];
    if (message->last <= *until || message->last > to) continue;
    message->shown++;
    if (is_measuring)
      histogram_add(console->door == visitor->door ? &tally.shown_here : &tally.shown_elsewhere,
                    (at - message->sent_ns) / 1000);
    settle(visitor, message);
  }
  *until = to;
}

static void on_readable(Person *person) {
  Frame frame;
  if (!wire_read(&person->wire))
    give_up("the server hung up on %s %d", person->is_console ? "console" : "visitor", person->index);
  uint64_t at = now_ns();
  while (wire_next(&person->wire, &frame)) {
    if (keep_alive(&people, person, &frame) || frame.length < 2) continue;
    if (person->is_console && frame.text[1] == '2') on_shown(person, &frame, at);
    if (!person->is_console && frame.text[1] == '3') on_ack(person, &frame, at);
  }
}

/* Wait for sockets, at most until then. True if a command has come. */
static bool wait_until(uint64_t until) {
  struct epoll_event events[EVENTS];
  uint64_t at = now_ns(), rest = until > at ? until - at : 0;
  if (rest > SECOND / 20) rest = SECOND / 20;
  struct timespec limit = {0, (long)rest};
  int count = epoll_pwait2(people.epoll, events, EVENTS, &limit, NULL);
  bool is_asked = false;
  for (int i = 0; i < count; i++) {
    if (events[i].data.u32 == COMMANDS) {
      is_asked = true;
      continue;
    }
    Person *person = &people.all[events[i].data.u32];
    if (events[i].events & EPOLLOUT) push(&people, person);
    if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(person);
  }
  return is_asked;
}

static void print_times(const char *name, const Histogram *times) {
  printf(",\"%s\":{\"count\":%llu,\"p50\":%.0f,\"p90\":%.0f,\"p95\":%.0f,\"p99\":%.0f,\"p999\":%.0f}",
         name, (unsigned long long)times->total, histogram_at(times, .5), histogram_at(times, .9),
         histogram_at(times, .95), histogram_at(times, .99), histogram_at(times, .999));
}

static void begin(bool is_closed) {
  memset(&tally, 0, sizeof tally);
  is_measuring = false;
  is_closed_loop = is_closed;
  under_way = 0;
  free_at = free_count = 0;
  for (int i = 0; i < people.visitors; i++) {
    Person *visitor = &people.all[people.consoles + i];
    visitor->oldest = visitor->newest;
    release(visitor);
  }
}

static void run(double seconds, double warm, int window, double rate) {
  begin(rate <= 0);
  uint64_t began = now_ns(), measured = 0, next = began, done_before = 0, done_at_end = 0, at;
  uint64_t start = began + (uint64_t)(warm * SECOND), end = start + (uint64_t)(seconds * SECOND);
  uint64_t gap = rate > 0 ? (uint64_t)((double)SECOND * batch_size / rate) : 0, seen = 0;
  double cpu = 0;
  int turn = 0;
  last_progress = began;
  while ((at = now_ns()) < end) {
    if (!measured && at >= start) {
      measured = at, is_measuring = true, done_before = tally.done, cpu = cpu_s();
    }
    if (tally.done != seen) seen = tally.done, last_progress = at;
    if (at - last_progress > STALLED_AFTER) break;
    for (; gap && next <= at; next += gap, turn = (turn + 1) % people.visitors)
      if (!act(&people.all[people.consoles + turn], next)) tally.held++;
    while (!gap && free_count && under_way < (uint64_t)window) {
      int index = free_visitors[free_at];
      free_at = (free_at + 1) % people.visitors;
      free_count--;
      act(&people.all[people.consoles + index], now_ns());
    }
    wait_until(gap ? next : end);
  }
  done_at_end = tally.done;
  double took = (double)(now_ns() - measured) / SECOND, busy = (cpu_s() - cpu) / took;
  is_measuring = false;
  for (uint64_t until = now_ns() + 2 * STALLED_AFTER; under_way && now_ns() < until;)
    wait_until(until);
  printf("{\"seconds\":%.3f,\"messages_per_s\":%.1f,\"load_cpu\":%.3f,\"messages\":%llu,"
         "\"acts\":%llu,\"acked\":%llu,\"shown\":%llu,\"unsettled\":%llu,\"repeated\":%llu,"
         "\"missed\":%llu,\"refused\":%llu,\"held\":%llu",
         took, (double)(done_at_end - done_before) / took, busy, (unsigned long long)tally.done,
         (unsigned long long)((tally.sent - tally.refused) * (uint64_t)batch_size),
         (unsigned long long)tally.acts_acked, (unsigned long long)tally.acts_shown,
         (unsigned long long)under_way, (unsigned long long)tally.repeated,
         (unsigned long long)tally.missed, (unsigned long long)tally.refused,
         (unsigned long long)tally.held);
  print_times("ack", &tally.ack);
  print_times("shown", &tally.shown_here);
  print_times("shown_elsewhere", &tally.shown_elsewhere);
  printf("}\n");
  fflush(stdout);
}

static void obey(void) {
  char line[200];
  double seconds, warm, rate;
  int window;
  if (!fgets(line, sizeof line, stdin)) exit(0);
  if (sscanf(line, "run %lf %lf %d %lf %d", &seconds, &warm, &window, &rate, &batch_size) != 5 ||
      batch_size < 1 || batch_size > MAX_BATCH)
    give_up("what is %s?", line);
  run(seconds, warm, window, rate);
}

int main(int count, char **arguments) {
  if (count != 7) give_up("load PORT[,PORT...] VISITORS VISITORS-FILE CONSOLES CONSOLES-FILE SHOWN");
  prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
  setvbuf(stdin, NULL, _IONBF, 0);
  people.epoll = epoll_create1(0);
  people.nonce = (uint32_t)getpid() << 16 ^ (uint32_t)time(NULL);
  for (char *port = strtok(arguments[1], ","); port; port = strtok(NULL, ","))
    if (people.doors < MAX_PORTS) people.ports[people.doors++] = atoi(port);
  people.shown = atoi(arguments[6]);
  open_people(&people, arguments[3], atoi(arguments[2]), arguments[5], atoi(arguments[4]));
  free_visitors = calloc((size_t)people.visitors + 1, sizeof(int));
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = COMMANDS};
  if (epoll_ctl(people.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event)) give_up("no input: %m");
  printf("{\"open\":%d}\n", people.visitors + people.consoles);
  fflush(stdout);
  for (;;)
    if (wait_until(now_ns() + SECOND)) obey();
}
