// Messages of the MPI transport: a header, then a payload, packed or in place.
#include "runtime/comm/JobTable.h"
#include "runtime/comm/mpi/MpiCommunicator.h"

#include <algorithm>
#include <cstring>
#include <sched.h>

namespace moert {

MpiCommunicator::Message MpiCommunicator::stage(int peer,
                                                const AgreementHeader &header) {
  Message message;
  message.peer = peer;
  message.bytes = StagingBuffer::headerBytes + header.bytes;
  message.buffer = pool_.take(header.bytes);
  std::memcpy(message.buffer.message(), &header, sizeof header);
  return message;
}

// Calls part(offset, bytes) for the parts that a message of `bytes` is sent in.
template <typename Part>
static void forEachPart(size_t from, size_t bytes, int64_t limit,
                        const Part &part) {
  for (size_t offset = from; offset < bytes;) {
    size_t length = std::min(bytes - offset, static_cast<size_t>(limit));
    part(offset, static_cast<int>(length));
    offset += length;
  }
}

void MpiCommunicator::send(Message &message, int tag,
                           std::vector<MPI_Request> &requests,
                           SiteCounters &counters) {
  char *begin = message.buffer.message();
  forEachPart(0, message.bytes, state_->options.maxMessageBytes,
              [&](size_t offset, int length) {
                requests.emplace_back();
                MPI_Isend(begin + offset, length, MPI_BYTE, message.peer, tag,
                          MPI_COMM_WORLD, &requests.back());
              });
  countSent(message, counters);
}

void MpiCommunicator::countSent(const Message &message,
                                SiteCounters &counters) {
  counters.messages += 1;
  counters.headerBytes += StagingBuffer::headerBytes;
  counters.sentBytes +=
      static_cast<int64_t>(message.bytes - StagingBuffer::headerBytes);
}

void MpiCommunicator::receive(Message &message, int tag,
                              std::vector<MPI_Request> &requests, size_t from) {
  char *begin = message.buffer.message();
  forEachPart(from, message.bytes, state_->options.maxMessageBytes,
              [&](size_t offset, int length) {
                requests.emplace_back();
                MPI_Irecv(begin + offset, length, MPI_BYTE, message.peer, tag,
                          MPI_COMM_WORLD, &requests.back());
              });
}

// Ranks that wait give their core to those that work.
static void idle(int spins) {
  if (spins > 100)
    sched_yield();
}

// Polls instead of blocking, so that the core is shared where ranks are more
// than cores, under every MPI and whatever its settings.
void MpiCommunicator::wait(std::vector<MPI_Request> &requests, int32_t site) {
  int done = 0;
  for (int spins = 0;; ++spins) {
    int result = MPI_Testall(static_cast<int>(requests.size()), requests.data(),
                             &done, MPI_STATUSES_IGNORE);
    if (result != MPI_SUCCESS) {
      char reason[MPI_MAX_ERROR_STRING] = "";
      int length = 0;
      MPI_Error_string(result, reason, &length);
      throw Error(text("ranks disagree or MPI failed in ",
                       describeSite(state_->sites, site), ": ", reason));
    }
    if (done)
      break;
    idle(spins);
  }
  requests.clear();
}

// Headers first: they say more than MPI's "message truncated".
void MpiCommunicator::waitMessages(Round &round, const AgreementHeader &want) {
  auto check = [&] {
    for (Message &message : round.receives) {
      AgreementHeader got, expected = want;
      std::memcpy(&got, message.buffer.message(), sizeof got);
      expected.bytes = message.bytes - StagingBuffer::headerBytes;
      checkHeader(got, expected, message.peer, state_->sites);
    }
  };
  try {
    wait(round.requests, want.site);
  } catch (const Error &) {
    // A failed receive may still have brought the header that explains it.
    for (Message &message : round.receives)
      if (AgreementHeader got;
          std::memcpy(&got, message.buffer.message(), sizeof got) &&
          got.magic == 0) {
        AgreementHeader silent = want;
        silent.bytes = message.bytes - StagingBuffer::headerBytes;
        std::memcpy(message.buffer.message(), &silent, sizeof silent);
      }
    check();
    throw;
  }
  check();
}

void MpiCommunicator::recycle(std::vector<Message> &messages) {
  for (Message &message : messages)
    pool_.giveBack(std::move(message.buffer));
  messages.clear();
}

// Header and runs as one MPI datatype: the message is the same as a packed one,
// and MPI copies straight from or to the local buffer.
bool MpiCommunicator::postInPlace(const AgreementHeader &header,
                                  const Transfer &transfer,
                                  const InPlace &place, int tag, Round &round) {
  MessageLimits limits;
  limits.elementBytes = static_cast<int64_t>(place.elementBytes);
  limits.messageBytes = state_->options.maxMessageBytes;
  if (!travelsInPlace(transfer, place.sends, limits))
    return false;
  size_t whole = static_cast<size_t>(transfer.elements) * place.elementBytes +
                 StagingBuffer::headerBytes;
  AgreementHeader small = header;
  small.bytes = 0;
  Message message = stage(transfer.peer, small);
  std::memcpy(message.buffer.message(), &header, sizeof header);
  message.bytes = whole;
  message.inPlace = true;
  std::vector<int> lengths = {StagingBuffer::headerBytes};
  std::vector<MPI_Aint> places(1);
  MPI_Get_address(message.buffer.message(), places.data());
  MPI_Aint base = 0;
  MPI_Get_address(place.base, &base);
  for (const BoxPair &pair : transfer.pieces) {
    forEachRun(place.sends ? pair.readSide() : pair.writtenSide(),
               [&](int64_t offset, int64_t, int64_t elements) {
                 auto size = static_cast<int64_t>(place.elementBytes);
                 places.push_back(base + offset * size);
                 lengths.push_back(static_cast<int>(elements * size));
               });
  }
  MPI_Datatype type;
  MPI_Type_create_hindexed(static_cast<int>(lengths.size()), lengths.data(),
                           places.data(), MPI_BYTE, &type);
  MPI_Type_commit(&type);
  round.requests.emplace_back();
  if (place.sends)
    MPI_Isend(MPI_BOTTOM, 1, type, transfer.peer, tag, MPI_COMM_WORLD,
              &round.requests.back());
  else
    MPI_Irecv(MPI_BOTTOM, 1, type, transfer.peer, tag, MPI_COMM_WORLD,
              &round.requests.back());
  // Freed when the request is done.
  MPI_Type_free(&type);
  (place.sends ? round.sends : round.receives).push_back(std::move(message));
  return true;
}

// Receives a message whose length its sender alone knows.
MpiCommunicator::Message
MpiCommunicator::receiveAny(int peer, const AgreementHeader &want, int tag,
                            SiteCounters &counters) {
  int found = 0, length = 0;
  MPI_Message handle;
  MPI_Status status;
  for (int spins = 0; !found; ++spins) {
    MPI_Improbe(peer, tag, MPI_COMM_WORLD, &found, &handle, &status);
    if (!found)
      idle(spins);
  }
  MPI_Get_count(&status, MPI_BYTE, &length);
  Message first;
  first.peer = peer;
  first.bytes = static_cast<size_t>(length);
  first.buffer = pool_.take(first.bytes);
  std::vector<MPI_Request> requests(1);
  MPI_Imrecv(first.buffer.message(), length, MPI_BYTE, &handle,
             requests.data());
  wait(requests, want.site);
  AgreementHeader got, expected = want;
  if (first.bytes < sizeof got)
    throw Error(text("message of rank ", peer, " in ",
                     describeSite(state_->sites, want.site),
                     " is shorter than its header"));
  std::memcpy(&got, first.buffer.message(), sizeof got);
  expected.bytes = got.bytes;
  checkHeader(got, expected, peer, state_->sites);
  counters.receivedBytes += static_cast<int64_t>(got.bytes);
  size_t whole = StagingBuffer::headerBytes + got.bytes;
  if (whole == first.bytes)
    return first;
  Message message = stage(peer, got);
  std::memcpy(message.buffer.message(), first.buffer.message(), first.bytes);
  receive(message, tag, requests, first.bytes);
  wait(requests, want.site);
  pool_.giveBack(std::move(first.buffer));
  return message;
}

} // namespace moert
