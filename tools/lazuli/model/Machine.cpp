//===- Machine.cpp ----------------------------------------------------------===//
//
// See Machine.h. Arithmetic: chains of multiply-adds, more of them than an
// instruction takes cycles, none of which leaves its register. Memory: the
// faster of reading and of a triad (c = a + s * b) over a working set that the
// threads share out.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Machine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace lz;
using namespace lz::cli;

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

#if defined(__x86_64__)

namespace {
constexpr int kChains = 12, kSteps = 512;

/// Arithmetic of one loop, in operations.
constexpr double countOps(int opsPerInstruction) {
  return double(kChains) * kSteps * opsPerInstruction;
}
} // namespace

/// A loop of `STEP`, which updates the vector `sum` from `x`. A macro, because
/// a function without the target's instructions can not hold its vectors.
#define LAZULI_ARITHMETIC(NAME, TARGET, VECTOR, ZERO, OPS, STEP)                                   \
  [[gnu::target(TARGET)]] static double NAME() {                                                   \
    VECTOR sums[kChains], x = ZERO;                                                                \
    for (VECTOR &sum : sums)                                                                       \
      sum = ZERO;                                                                                  \
    asm volatile("" : "+v"(x));                                                                    \
    for (int i = 0; i < kSteps; ++i) {                                                             \
      _Pragma("GCC unroll 12") for (int k = 0; k < kChains; ++k) {                                 \
        VECTOR &sum = sums[k];                                                                     \
        sum = STEP;                                                                                \
      }                                                                                            \
    }                                                                                              \
    for (VECTOR &sum : sums)                                                                       \
      asm volatile("" : : "v"(sum));                                                               \
    return countOps(OPS);                                                                          \
  }
LAZULI_ARITHMETIC(multiplyF32x8, "avx2,fma", __m256, _mm256_setzero_ps(), 16,
                  _mm256_fmadd_ps(sum, x, x))
LAZULI_ARITHMETIC(multiplyF64x4, "avx2,fma", __m256d, _mm256_setzero_pd(), 8,
                  _mm256_fmadd_pd(sum, x, x))
LAZULI_ARITHMETIC(multiplyF32x16, "avx512f", __m512, _mm512_setzero_ps(), 32,
                  _mm512_fmadd_ps(sum, x, x))
LAZULI_ARITHMETIC(multiplyF64x8, "avx512f", __m512d, _mm512_setzero_pd(), 16,
                  _mm512_fmadd_pd(sum, x, x))
LAZULI_ARITHMETIC(dotBf16x32, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(), 64,
                  _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)x))
LAZULI_ARITHMETIC(dotI8x64, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), 128,
                  _mm512_dpbusd_epi32(sum, x, x))
#undef LAZULI_ARITHMETIC

/// Goes through `bytes`, a multiple of 512, with vectors of this width.
template <typename Vector>
[[gnu::always_inline]] static inline void readPart(const char *data, size_t bytes) {
  constexpr size_t step = 8 * sizeof(Vector);
  Vector sums[8] = {};
  for (size_t i = 0; i < bytes; i += step)
    for (size_t k = 0; k < 8; ++k)
      sums[k] |= *reinterpret_cast<const Vector *>(data + i + k * sizeof(Vector));
  for (Vector &sum : sums)
    asm volatile("" : : "v"(sum));
}

template <typename Vector>
[[gnu::always_inline]] static inline void triadPart(char *c, const char *a, const char *b,
                                                    size_t bytes) {
  for (size_t i = 0; i < bytes; i += sizeof(Vector))
    *reinterpret_cast<Vector *>(c + i) =
        *reinterpret_cast<const Vector *>(a + i) + 3 * *reinterpret_cast<const Vector *>(b + i);
}

using Vector32 = float __attribute__((vector_size(32)));
using Vector64 = float __attribute__((vector_size(64)));
using Bits32 = long long __attribute__((vector_size(32)));
using Bits64 = long long __attribute__((vector_size(64)));

[[gnu::target("avx512f")]] static void readWide(const char *data, size_t bytes) {
  readPart<Bits64>(data, bytes);
}
[[gnu::target("avx2")]] static void readNarrow(const char *data, size_t bytes) {
  readPart<Bits32>(data, bytes);
}
[[gnu::target("avx512f")]] static void triadWide(char *c, const char *a, const char *b,
                                                 size_t bytes) {
  triadPart<Vector64>(c, a, b, bytes);
}
[[gnu::target("avx2")]] static void triadNarrow(char *c, const char *a, const char *b,
                                                size_t bytes) {
  triadPart<Vector32>(c, a, b, bytes);
}

namespace {
/// The loops that fit this CPU; null: none does.
struct Loops {
  double (*f32)() = nullptr, (*f64)() = nullptr, (*bf16)() = nullptr, (*i8)() = nullptr;
  void (*read)(const char *, size_t) = nullptr;
  void (*triad)(char *, const char *, const char *, size_t) = nullptr;
};
} // namespace

static Loops chooseLoops() {
  if (__builtin_cpu_supports("avx512f"))
    return {multiplyF32x16,
            multiplyF64x8,
            __builtin_cpu_supports("avx512bf16") ? dotBf16x32 : nullptr,
            __builtin_cpu_supports("avx512vnni") ? dotI8x64 : nullptr,
            readWide,
            triadWide};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {multiplyF32x8, multiplyF64x4, nullptr, nullptr, readNarrow, triadNarrow};
  return {};
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

namespace {
using Clock = std::chrono::steady_clock;
/// Work of one thread: does a little and gives how much.
using Work = std::function<double(int thread)>;

/// Memory of the largest working set, in large pages where the system gives
/// them.
class Pages {
public:
  explicit Pages(size_t bytes) : bytes(bytes) {
    data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
      return;
    ::madvise(data, bytes, MADV_HUGEPAGE);
    std::memset(data, 0, bytes); // untouched pages are all one
  }
  Pages(const Pages &) = delete;
  ~Pages() {
    if (data != MAP_FAILED)
      ::munmap(data, bytes);
  }
  char *get() const { return data == MAP_FAILED ? nullptr : static_cast<char *>(data); }

private:
  size_t bytes;
  void *data;
};

/// A thread's place in its share of the working set, on a cache line of its
/// own.
struct alignas(64) Position {
  size_t offset = 0;
};
} // namespace

/// All threads begin together; the sum of their rates per second.
static double runOnce(int threads, const Work &work, double seconds) {
  std::atomic<int> numReady{0};
  std::vector<double> rates(threads);
  auto run = [&](int thread) {
    for (++numReady; numReady.load() < threads;)
      std::this_thread::yield();
    Clock::time_point begin = Clock::now();
    double done = 0, elapsed = 0;
    while (elapsed < seconds) {
      done += work(thread);
      elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    rates[thread] = done / elapsed;
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i)
    others.emplace_back(run, i);
  run(0);
  double sum = rates[0];
  for (int i = 1; i < threads; ++i) {
    others[i - 1].join();
    sum += rates[i];
  }
  return sum;
}

/// In 10^9 per second; the best attempt is the one that nobody disturbed.
static double measureRate(int threads, const Work &work) {
  constexpr int numAttempts = 3;
  constexpr double seconds = 0.003;
  double best = 0;
  for (int i = 0; i < numAttempts; ++i)
    best = std::max(best, runOnce(threads, work, seconds));
  return best * 1e-9;
}

static double measureArithmetic(int threads, double (*loop)()) {
  return loop ? measureRate(threads, [loop](int) { return loop(); }) : 0;
}

/// One working set of `bytes`, of which each thread has an equal share.
static double measureBandwidth(const Loops &loops, int threads, char *data, size_t bytes) {
  constexpr size_t line = 512, most = 64 << 10;
  size_t share = bytes / threads / (3 * line) * (3 * line);
  if (share == 0)
    return 0;
  std::vector<Position> places(threads);
  // The next part of at most `end`, which the place is moved behind.
  auto next = [&](int thread, size_t end) {
    size_t &offset = places[thread].offset;
    size_t begin = offset < end ? offset : 0, part = std::min(most, end - begin);
    offset = begin + part;
    return std::pair<size_t, size_t>(begin, part);
  };
  double read = measureRate(threads, [&](int thread) {
    auto [begin, part] = next(thread, share);
    loops.read(data + thread * share + begin, part);
    return static_cast<double>(part);
  });
  double triad = measureRate(threads, [&](int thread) {
    size_t third = share / 3;
    auto [begin, part] = next(thread, third);
    char *c = data + thread * share + begin;
    loops.triad(c, c + third, c + 2 * third, part);
    return static_cast<double>(3 * part);
  });
  return std::max(read, triad);
}

/// Well beyond the last cache, within what a small machine has.
static size_t getLargestSet() {
  auto last = static_cast<size_t>(std::max<long>(::sysconf(_SC_LEVEL3_CACHE_SIZE), 0));
  return std::min<size_t>(std::max<size_t>(4 * last, 64 << 20), 256 << 20);
}

MachineSpeed cli::measureMachine(int threads) {
  MachineSpeed speed;
  speed.threads = threads;
  Loops loops = chooseLoops();
  speed.f32 = measureArithmetic(threads, loops.f32);
  speed.f64 = measureArithmetic(threads, loops.f64);
  speed.bf16 = measureArithmetic(threads, loops.bf16);
  speed.i8 = measureArithmetic(threads, loops.i8);
  size_t largest = getLargestSet();
  Pages pages(largest);
  if (!loops.read || !pages.get())
    return speed;
  for (size_t bytes = size_t(16 << 10) * threads; bytes < largest; bytes *= 4)
    speed.bandwidths.push_back({bytes, measureBandwidth(loops, threads, pages.get(), bytes)});
  speed.bandwidths.push_back({largest, measureBandwidth(loops, threads, pages.get(), largest)});
  return speed;
}

#else // no loops are written for it: the roof is not known

MachineSpeed cli::measureMachine(int threads) {
  MachineSpeed speed;
  speed.threads = threads;
  return speed;
}

#endif

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

double MachineSpeed::getGflops(fmt::DType dtype) const {
  switch (dtype) {
  case fmt::DType_f64:
    return f64;
  case fmt::DType_bf16:
    return std::max(bf16, f32);
  case fmt::DType_i8:
  case fmt::DType_u8:
    return std::max(i8, f32);
  default:
    return f32;
  }
}

double MachineSpeed::getGigabytes(uint64_t bytes) const {
  if (bandwidths.empty())
    return 0;
  auto above = std::find_if(bandwidths.begin(), bandwidths.end(),
                            [&](const Bandwidth &point) { return point.bytes >= bytes; });
  if (above == bandwidths.begin())
    return above->gigabytes;
  if (above == bandwidths.end())
    return bandwidths.back().gigabytes;
  const Bandwidth &below = *std::prev(above);
  double share = std::log(double(bytes) / double(below.bytes)) /
                 std::log(double(above->bytes) / double(below.bytes));
  return below.gigabytes + share * (above->gigabytes - below.gigabytes);
}

Json MachineSpeed::toJson() const {
  Json peaks = Json::object();
  for (auto [name, value] : {std::pair("f32", f32), {"f64", f64}, {"bf16", bf16}, {"i8", i8}})
    if (value > 0)
      peaks[name] = value;
  Json memory = Json::array();
  for (const Bandwidth &point : bandwidths)
    memory.push_back({{"bytes", point.bytes}, {"gigabytes_per_second", point.gigabytes}});
  return {{"threads", threads}, {"gflops_per_second", peaks}, {"bandwidth", memory}};
}
