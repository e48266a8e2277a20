#include "tools/moe-run/Job.h"

#include "runtime/core/Context.h"
#include "runtime/core/File.h"
#include "tools/moe-run/Check.h"
#include "tools/moe-run/Report.h"
#include "tools/moe-run/Source.h"
#include "tools/moe-run/Together.h"
#include "tools/moe-run/Values.h"

#include <chrono>
#include <cstdio>

namespace moerun {

using namespace moert;

namespace {
/// The steps of a job in order; each needs what those before made.
class Job {
public:
  Job(Communicator &comm, const Options &options, const std::string &artifact)
      : comm_(comm), options_(options), artifact_(artifact) {}

  void run() {
    load();
    prepare();
    execute();
    collect();
    if (options_.check)
      check();
    report();
  }

private:
  bool leads() const { return comm_.rank() == 0; }
  bool needsResults() const {
    return options_.check || !options_.output.empty() ||
           options_.summary != Summary::None;
  }

  void load();
  void prepare();
  void execute();
  void collect();
  void check();
  void report();
  void writeTrace();
  void print(const std::string &words) const;

  Communicator &comm_;
  const Options &options_;
  std::string artifact_;
  Trace trace_;
  std::unique_ptr<Context> context_;
  const Entry *entry_ = nullptr;
  Values arguments_, results_;
  Results whole_; ///< On rank 0.
  Times times_;
};
} // namespace

// Program and Context: rank 0 has the bytes, all ranks load the same ones.
void Job::load() {
  std::string first = options_.line;
  comm_.broadcast(first);
  together(comm_, [&] {
    if (options_.line != first)
      throw Error(text("started with '", options_.line, "', rank 0 with '",
                       first, "'; all ranks of a job run one program"));
    if (options_.ranks && *options_.ranks != comm_.size())
      throw Error(text("--ranks is ", *options_.ranks, ", but MPI started ",
                       comm_.size(), " ranks; leave it out"));
    if (leads() && artifact_.empty())
      artifact_ = obtainArtifact(options_);
  });
  comm_.broadcast(artifact_);
  together(comm_, [&] {
    context_ = std::make_unique<Context>(
        Program::load(artifact_, options_.program), comm_,
        options_.trace.empty() ? nullptr : &trace_);
    entry_ = &context_->program().manifest().get(options_.entry);
  });
  artifact_.clear();
  context_->poison(poisons());
}

// Choices come behind the user's results.
static size_t countValues(const Entry &entry) {
  size_t count = 0;
  while (count < entry.results.size() && !entry.results[count].choice)
    ++count;
  return count;
}

// What would fail at the end anyway fails before the work.
void Job::prepare() {
  together(comm_, [&] {
    if (!leads())
      return;
    if (!options_.output.empty()) {
      formatToWrite(options_.output, countValues(*entry_));
      checkWritable(options_.output);
    }
    if (!options_.trace.empty())
      checkWritable(options_.trace);
    if (options_.check)
      modelToCheck(options_, context_->program().manifest());
  });
  arguments_ = ArgumentMaker(*context_, options_).make(*entry_);
  together(comm_, [&] { results_ = allocate(entry_->results); });
  context_->resetCounters();
}

void Job::execute() {
  using Clock = std::chrono::steady_clock;
  comm_.barrier();
  comm_.watch(true);
  for (int i = 0; i < options_.repeat; ++i) {
    Clock::time_point start = Clock::now();
    context_->run(*entry_, arguments_.constPointers(), results_.pointers());
    comm_.barrier();
    std::chrono::duration<double> took = Clock::now() - start;
    times_.push_back(took.count());
  }
  comm_.watch(false);
}

void Job::collect() {
  if (!needsResults())
    return;
  whole_.values = assembleAll(comm_, entry_->results, results_);
  auto firstChoice = whole_.values.begin() + countValues(*entry_);
  whole_.choices.assign(std::make_move_iterator(firstChoice),
                        std::make_move_iterator(whole_.values.end()));
  whole_.values.erase(firstChoice, whole_.values.end());
  together(comm_, [&] {
    if (leads() && !options_.output.empty())
      writeTensors(options_.output, whole_.values);
  });
}

void Job::check() {
  std::vector<NamedTensor> arguments =
      assembleAll(comm_, entry_->arguments, arguments_);
  together(comm_, [&] {
    if (!leads())
      return;
    const Manifest &manifest = context_->program().manifest();
    std::string model = modelToCheck(options_, manifest);
    std::string words = text("checked against ", model, " on one device\n");
    for (const std::string &line :
         checkResults(options_, manifest, *entry_, arguments, whole_))
      words += "  " + line + "\n";
    if (options_.checkExactly)
      words += "  " + checkExactly(model, manifest, *entry_, arguments) + "\n";
    print(words + "\n");
  });
}

// Where the results themselves go to stdout, words go to stderr.
void Job::print(const std::string &words) const {
  bool taken =
      options_.output == "/dev/stdout" || options_.output == "/dev/fd/1";
  std::FILE *stream = taken ? stderr : stdout;
  std::fputs(words.c_str(), stream);
  std::fflush(stream);
}

void Job::report() {
  std::vector<std::string> reports =
      comm_.gather(packReport(*context_, *entry_, arguments_.bytes(), times_));
  writeTrace();
  if (leads() && options_.summary != Summary::None)
    print(summaryText(context_->program().manifest(), *entry_, whole_.values,
                      reports, options_.summary == Summary::Full));
}

void Job::writeTrace() {
  if (options_.trace.empty())
    return;
  std::vector<std::string> rows =
      comm_.gather(trace_.json(comm_.rank(), comm_.host()));
  together(comm_, [&] {
    if (leads())
      writeWholeFile(options_.trace, traceFile(rows));
  });
}

int runJob(Communicator &comm, const Options &options,
           const std::string &artifact) {
  try {
    Job(comm, options, artifact).run();
    return 0;
  } catch (const SharedError &error) {
    // Only the rank that tells of it leaves with a code: mpirun ends a job at
    // the first such rank, and would cut off the words of a slower one.
    if (comm.rank() != 0)
      return 0;
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

} // namespace moerun
