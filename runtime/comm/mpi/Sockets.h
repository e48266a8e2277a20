// The little of TCP and UDP that the watchdog needs. IPv4 only.
#pragma once

#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <vector>

namespace moert {

/// This host's IPv4 addresses, loopback last.
std::vector<std::string> hostAddresses();

/// Sockets bound to a free port of all interfaces. Throw Error.
int listenAnywhere();
int datagramAnywhere();
uint16_t portOf(int socket);

/// Connects within `seconds`; -1 where that fails.
int connectWithin(const std::string &address, uint16_t port, double seconds);
/// Accepts within `seconds`; -1 where nobody came.
int acceptWithin(int listener, double seconds);

/// Whole buffers or nothing, within `seconds`.
bool sendAll(int socket, const std::string &bytes, double seconds);
bool receiveAll(int socket, void *bytes, size_t length, double seconds);

} // namespace moert
