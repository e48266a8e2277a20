#include "runtime/comm/mpi/Sockets.h"

#include "runtime/core/Error.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace moert {

std::vector<std::string> hostAddresses() {
  std::vector<std::string> addresses;
  ifaddrs *list = nullptr;
  if (::getifaddrs(&list) == 0) {
    for (ifaddrs *entry = list; entry; entry = entry->ifa_next) {
      if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET ||
          !(entry->ifa_flags & IFF_UP) || (entry->ifa_flags & IFF_LOOPBACK))
        continue;
      char text[INET_ADDRSTRLEN] = "";
      sockaddr_in address;
      std::memcpy(&address, entry->ifa_addr, sizeof address);
      ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
      addresses.push_back(text);
    }
    ::freeifaddrs(list);
  }
  addresses.push_back("127.0.0.1");
  return addresses;
}

static int bindAnywhere(int type) {
  int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  if (fd < 0 ||
      ::bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
    throw Error(
        text("cannot open a socket for the watchdog: ", std::strerror(errno)));
  return fd;
}

int listenAnywhere() {
  int fd = bindAnywhere(SOCK_STREAM);
  if (::listen(fd, 1024) != 0)
    throw Error(text("cannot listen for the watchdog: ", std::strerror(errno)));
  return fd;
}

int datagramAnywhere() {
  int fd = bindAnywhere(SOCK_DGRAM);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

uint16_t portOf(int socket) {
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr *>(&address), &length);
  return ntohs(address.sin_port);
}

static bool waitFor(int fd, short events, double seconds) {
  pollfd entry = {fd, events, 0};
  return ::poll(&entry, 1, static_cast<int>(seconds * 1000)) == 1;
}

int connectWithin(const std::string &address, uint16_t port, double seconds) {
  sockaddr_in peer = {};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &peer.sin_addr) != 1)
    return -1;
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  int result = ::connect(fd, reinterpret_cast<sockaddr *>(&peer), sizeof peer);
  int error = result == 0 ? 0 : errno;
  if (error == EINPROGRESS && waitFor(fd, POLLOUT, seconds)) {
    socklen_t length = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error != 0) {
    ::close(fd);
    return -1;
  }
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int acceptWithin(int listener, double seconds) {
  if (!waitFor(listener, POLLIN, seconds))
    return -1;
  int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  int on = 1;
  if (fd >= 0)
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

bool sendAll(int socket, const std::string &bytes, double seconds) {
  for (size_t sent = 0; sent < bytes.size();) {
    ssize_t now =
        ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now > 0)
      sent += static_cast<size_t>(now);
    else if (errno == EINTR)
      continue;
    else if (errno != EAGAIN || !waitFor(socket, POLLOUT, seconds))
      return false;
  }
  return true;
}

bool receiveAll(int socket, void *bytes, size_t length, double seconds) {
  char *next = static_cast<char *>(bytes);
  while (length > 0) {
    ssize_t now = ::recv(socket, next, length, 0);
    if (now > 0) {
      next += now;
      length -= static_cast<size_t>(now);
    } else if (now == 0 || (errno != EAGAIN && errno != EINTR) ||
               (errno == EAGAIN && !waitFor(socket, POLLIN, seconds))) {
      return false;
    }
  }
  return true;
}

} // namespace moert
