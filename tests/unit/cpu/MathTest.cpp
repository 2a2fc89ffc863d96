//===- MathTest.cpp - accuracy of the generated elementary functions ------===//
//
// Every function is compiled into a kernel and compared with the C library in a
// wider type, over ranges that cover each of its cases, and on special values.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/cpu/JitImage.h"

#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace lz::cpu::test;

namespace {

std::string kernelText(const std::string &op, const std::string &type, bool binary) {
  std::string t = "tensor<?x" + type + ">";
  std::string dims = " {lz.dims = array<i64: 0>}";
  std::string inputs = "%a: " + t + dims, ins = "%a", insTypes = t, args = "%x: " + type;
  std::string operands = "%x", map = "affine_map<(i) -> (i)>", maps = map + ", " + map;
  if (binary) {
    inputs += ", %b: " + t + dims;
    ins += ", %b", insTypes += ", " + t, args += ", %y: " + type, operands += ", %y";
    maps += ", " + map;
  }
  return "func.func @f(" + inputs + ", %o: " + t + dims + ", %n: index) -> " + t +
         " attributes {lz.num_inputs = " + (binary ? "2" : "1") +
         ", lz.num_outputs = 1, lz.num_sizes = 1} {\n"
         "  %r = linalg.generic {indexing_maps = [" + maps + "], iterator_types = "
         "[\"parallel\"]} ins(" + ins + " : " + insTypes + ") outs(%o : " + t + ") {\n"
         "  ^bb0(" + args + ", %z: " + type + "):\n"
         "    %v = " + op + " " + operands + " : " + type + "\n"
         "    linalg.yield %v : " + type + "\n"
         "  } -> " + t + "\n  return %r : " + t + "\n}\n";
}

template <typename T> const char *typeName() {
  return std::is_same_v<T, float> ? "f32" : "f64";
}

/// Units in the last place of the expected value by which `got` is off.
template <typename T, typename Wide> double ulps(T got, Wide expected) {
  T rounded = static_cast<T>(expected);
  if (std::isnan(rounded))
    return std::isnan(got) ? 0 : INFINITY;
  if (std::isinf(rounded) || std::isinf(got))
    return got == rounded || (std::isfinite(got) && std::abs(got) == std::numeric_limits<T>::max()) ||
                   (std::isinf(got) && std::abs(rounded) == std::numeric_limits<T>::max())
               ? 0
               : INFINITY;
  if (rounded == 0 && got == 0)
    return std::signbit(rounded) == std::signbit(got) ? 0 : INFINITY;
  T magnitude = std::max(std::abs(rounded), std::numeric_limits<T>::min());
  T unit = std::nextafter(magnitude, std::numeric_limits<T>::infinity()) - magnitude;
  return static_cast<double>(std::abs(static_cast<Wide>(got) - expected) / unit);
}

struct Range {
  double low, high;
  bool logarithmic = false; ///< both signs, magnitudes from low to high
};

template <typename T> std::vector<T> points(const std::vector<Range> &ranges) {
  std::mt19937_64 generator(7);
  std::vector<T> values;
  for (const Range &range : ranges) {
    for (int i = 0; i < 20000; ++i) {
      double u = std::uniform_real_distribution<double>(0, 1)(generator);
      double value = range.low + (range.high - range.low) * u;
      if (range.logarithmic) {
        value = range.low * std::pow(range.high / range.low, u);
        if (generator() & 1)
          value = -value;
      }
      values.push_back(static_cast<T>(value));
    }
  }
  using L = std::numeric_limits<T>;
  for (T s : {T(0), T(1), T(0.5), T(2), T(3), T(10), L::infinity(), L::quiet_NaN(), L::max(),
              L::min(), L::denorm_min(), L::min() / 4})
    values.push_back(s), values.push_back(-s);
  // NaNs of other bits, as other machines make them.
  for (uint32_t bits : {0x7fffffffu, 0x7fc00002u}) {
    T other = std::is_same_v<T, float> ? T(llvm::bit_cast<float>(bits)) : L::quiet_NaN();
    values.push_back(other), values.push_back(-other);
  }
  return values;
}

template <typename T> struct WideOf { using type = long double; };
template <> struct WideOf<float> { using type = double; };

template <typename T>
void checkUnary(const std::string &op, typename WideOf<T>::type (*reference)(typename WideOf<T>::type),
                const std::vector<Range> &ranges, double limit) {
  JitKernel kernel(kernelText(op, typeName<T>(), false));
  ASSERT_TRUE(kernel.valid()) << op << ": " << kernel.error();
  std::vector<T> x = points<T>(ranges), y(x.size());
  ASSERT_EQ(kernel.run({x.data(), y.data()}, {int64_t(x.size())}), 0);
  double worst = 0;
  T at = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double error = ulps<T, typename WideOf<T>::type>(y[i], reference(x[i]));
    if (error > worst)
      worst = error, at = x[i];
    if (error > limit) {
      ADD_FAILURE() << op << " " << typeName<T>() << "(" << x[i] << ") = " << y[i]
                    << ", expected " << T(reference(x[i])) << ", off by " << error << " ulp";
      break;
    }
  }
  ::testing::Test::RecordProperty(op + "." + typeName<T>(), std::to_string(worst));
  printf("  %-14s %s worst %.3f ulp at %.9g\n", op.c_str(), typeName<T>(), worst, double(at));
}

template <typename T>
void checkBinary(const std::string &op,
                 typename WideOf<T>::type (*reference)(typename WideOf<T>::type,
                                                       typename WideOf<T>::type),
                 const std::vector<Range> &xs, const std::vector<Range> &ys, double limit) {
  JitKernel kernel(kernelText(op, typeName<T>(), true));
  ASSERT_TRUE(kernel.valid()) << op << ": " << kernel.error();
  std::vector<T> x = points<T>(xs), y = points<T>(ys);
  size_t common = std::min(x.size(), y.size());
  // All pairs of special values, which stand at the end.
  std::vector<T> specialX(x.end() - 28, x.end()), specialY(y.end() - 28, y.end());
  x.resize(common), y.resize(common);
  for (T a : specialX)
    for (T b : specialY)
      x.push_back(a), y.push_back(b);
  std::vector<T> z(x.size());
  ASSERT_EQ(kernel.run({x.data(), y.data(), z.data()}, {int64_t(x.size())}), 0);
  double worst = 0;
  size_t at = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double error = ulps<T, typename WideOf<T>::type>(z[i], reference(x[i], y[i]));
    if (error > worst)
      worst = error, at = i;
    if (error > limit) {
      ADD_FAILURE() << op << " " << typeName<T>() << "(" << x[i] << ", " << y[i]
                    << ") = " << z[i] << ", expected " << T(reference(x[i], y[i]))
                    << ", off by " << error << " ulp";
      break;
    }
  }
  printf("  %-14s %s worst %.3f ulp at %.9g, %.9g\n", op.c_str(), typeName<T>(), worst,
         double(x[at]), double(y[at]));
}

#define UNARY(Name, op, function, limit32, limit64, ...)                                  \
  TEST(MathTest, Name##F32) {                                                             \
    checkUnary<float>(op, [](double x) -> double { return function(x); }, __VA_ARGS__,    \
                      limit32);                                                           \
  }                                                                                       \
  TEST(MathTest, Name##F64) {                                                             \
    checkUnary<double>(op, [](long double x) -> long double { return function##l(x); },   \
                       __VA_ARGS__, limit64);                                             \
  }

using R = std::vector<Range>;
UNARY(Exp, "math.exp", exp, 1.2, 1.2, (R{{-110, 95}, {-750, 715}, {-1, 1}, {1e-20, 1, true}}))
UNARY(Exp2, "math.exp2", exp2, 1.2, 1.2, (R{{-152, 130}, {-1080, 1030}, {-1, 1}}))
UNARY(Expm1, "math.expm1", expm1, 1.0, 2.0, (R{{-50, 95}, {-1, 1}, {-50, 712}, {1e-30, 2, true}}))
UNARY(Log, "math.log", log, 1.2, 1.2, (R{{0, 10}, {0.5, 2}, {0.9, 1.1}, {1e-38, 1e38, true}}))
UNARY(Log2, "math.log2", log2, 1.0, 1.5, (R{{0, 10}, {0.5, 2}, {0.9, 1.1}, {1e-38, 1e38, true}}))
UNARY(Log10, "math.log10", log10, 1.0, 1.5, (R{{0, 10}, {0.5, 2}, {0.9, 1.1}, {1e-38, 1e38, true}}))
UNARY(Log1p, "math.log1p", log1p, 1.0, 2.0, (R{{-1, 10}, {-0.5, 0.5}, {1e-30, 1e30, true}}))
UNARY(Sin, "math.sin", sin, 1.5, 1.5, (R{{-4, 4}, {-1e5, 1e5}, {1e-10, 1e38, true}}))
UNARY(Cos, "math.cos", cos, 1.5, 1.5, (R{{-4, 4}, {-1e5, 1e5}, {1e-10, 1e38, true}}))
UNARY(Tan, "math.tan", tan, 1.0, 3.0, (R{{-4, 4}, {-1e5, 1e5}, {1e-10, 1e38, true}}))
UNARY(Asin, "math.asin", asin, 1.0, 2.0, (R{{-1, 1}, {0.49, 0.51}, {0.999, 1}, {1e-20, 1.1, true}}))
UNARY(Acos, "math.acos", acos, 1.0, 2.0, (R{{-1, 1}, {0.49, 0.51}, {0.999, 1}, {1e-20, 1.1, true}}))
UNARY(Atan, "math.atan", atan, 1.0, 2.0, (R{{-5, 5}, {0.4, 0.43}, {2.4, 2.43}, {1e-30, 1e30, true}}))
UNARY(Sinh, "math.sinh", sinh, 1.0, 3.0, (R{{-90, 90}, {-2, 2}, {-712, 712}, {1e-20, 2, true}}))
UNARY(Cosh, "math.cosh", cosh, 1.0, 3.0, (R{{-90, 90}, {-2, 2}, {-712, 712}, {1e-20, 2, true}}))
UNARY(Tanh, "math.tanh", tanh, 2.5, 3.0, (R{{-12, 12}, {-1, 1}, {-25, 25}, {1e-20, 2, true}}))
UNARY(Asinh, "math.asinh", asinh, 1.0, 3.0, (R{{-10, 10}, {-1, 1}, {1e-20, 1e30, true}}))
UNARY(Acosh, "math.acosh", acosh, 1.0, 3.0, (R{{1, 10}, {1, 1.1}, {1e-2, 1e30, true}}))
UNARY(Atanh, "math.atanh", atanh, 1.0, 3.0, (R{{-1, 1}, {0.9, 1}, {1e-20, 1, true}}))
UNARY(Erf, "math.erf", erf, 2.5, 2.5, (R{{-6, 6}, {-1, 1}, {0.49, 0.51}, {0.88, 0.92}, {1e-20, 2, true}}))
UNARY(Erfc, "math.erfc", erfc, 1.0, 4.0, (R{{-6, 6}, {-1, 1}, {0, 26}, {0.49, 0.51}, {1e-20, 2, true}}))
UNARY(Cbrt, "math.cbrt", cbrt, 1.0, 1.0, (R{{-10, 10}, {1e-38, 1e38, true}}))
UNARY(Round, "math.round", round, 0, 0, (R{{-10, 10}, {-1e6, 1e6}, {1e-10, 1e20, true}}))
UNARY(RoundEven, "math.roundeven", rint, 0, 0, (R{{-10, 10}, {1e-10, 1e20, true}}))
UNARY(Floor, "math.floor", floor, 0, 0, (R{{-10, 10}, {1e-10, 1e20, true}}))
UNARY(Ceil, "math.ceil", ceil, 0, 0, (R{{-10, 10}, {1e-10, 1e20, true}}))
UNARY(Sqrt, "math.sqrt", sqrt, 0.51, 0.51, (R{{0, 10}, {1e-38, 1e38, true}}))

/// Of weights of a softmax: arguments are not positive, and what is tiny may be nothing.
TEST(MathTest, Exp2FlushedF32) {
  std::string text = kernelText("math.exp2", "f32", false), call = "math.exp2 %x";
  text.insert(text.find(call) + call.size(), " fastmath<afn>");
  JitKernel kernel(text);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  float inf = INFINITY, quiet = NAN, payload;
  uint32_t bits = 0xff800001; // a signaling NaN, negative
  memcpy(&payload, &bits, sizeof payload);
  std::vector<float> x = {0, -0.0f, 127, 128, -126, -inf, -1e30f, quiet, payload};
  for (int i = 0; i < 100000; ++i)
    x.push_back(127 - 253 * (i / 1e5f));
  std::vector<float> y(x.size());
  ASSERT_EQ(kernel.run({x.data(), y.data()}, {int64_t(x.size())}), 0);
  for (size_t i = 0; i < x.size(); ++i) {
    double expected = x[i] < -126 ? 0 : exp2(double(x[i]));
    ASSERT_LE((ulps<float, double>(y[i], expected)), 3.0) << x[i];
  }
}

/// Of gates and of erf: what is out of the range of normal numbers may end there.
TEST(MathTest, ExpLimitedF32) {
  std::string text = kernelText("math.exp", "f32", false), call = "math.exp %x";
  text.insert(text.find(call) + call.size(), " fastmath<afn>");
  JitKernel kernel(text);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  std::vector<float> x = points<float>({{-110, 95}, {-87.5, -87}, {88.5, 89}, {-1, 1}});
  std::vector<float> y(x.size());
  ASSERT_EQ(kernel.run({x.data(), y.data()}, {int64_t(x.size())}), 0);
  using Limits = std::numeric_limits<float>;
  for (size_t i = 0; i < x.size(); ++i) {
    double expected = std::clamp<double>(exp(double(x[i])), Limits::min(), Limits::max());
    // Clamped arguments are no more exact than their last digit, by which e^88 moves much.
    double limit = expected == Limits::min() || expected == Limits::max() ? 100 : 1.2;
    ASSERT_LE((ulps<float, double>(y[i], std::isnan(x[i]) ? NAN : expected)), limit) << x[i];
  }
}

/// Of a GELU: arguments are not negative, and errors count where the result is about 1.
TEST(MathTest, ErfcFlushedF32) {
  std::string text = kernelText("math.erfc", "f32", false), call = "math.erfc %x";
  text.insert(text.find(call) + call.size(), " fastmath<afn>");
  JitKernel kernel(text);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  std::vector<float> x = {NAN, 0, 1e-30f, 30, 1e4f, 1e30f, INFINITY};
  for (int i = 0; i < 100000; ++i)
    x.push_back(12 * (i / 1e5f));
  std::vector<float> y(x.size());
  ASSERT_EQ(kernel.run({x.data(), y.data()}, {int64_t(x.size())}), 0);
  EXPECT_TRUE(std::isnan(y[0]));
  for (size_t i = 1; i < x.size(); ++i) {
    double expected = erfc(double(x[i]));
    ASSERT_NEAR(y[i], expected, 2e-7) << x[i];
    // What is left of the result far out is right as well, down to nothing.
    ASSERT_NEAR(y[i], expected, 5e-3 * expected + 1e-9) << x[i];
    if (x[i] >= 30)
      ASSERT_EQ(y[i], 0) << x[i];
  }
}

#define BINARY(Name, op, function, limit32, limit64, ...)                                 \
  TEST(MathTest, Name##F32) {                                                             \
    checkBinary<float>(                                                                   \
        op, [](double x, double y) -> double { return function(x, y); }, __VA_ARGS__,     \
        limit32);                                                                         \
  }                                                                                       \
  TEST(MathTest, Name##F64) {                                                             \
    checkBinary<double>(                                                                  \
        op,                                                                               \
        [](long double x, long double y) -> long double { return function##l(x, y); },    \
        __VA_ARGS__, limit64);                                                            \
  }

BINARY(Pow, "math.powf", pow, 1.0, 2.0,
       (R{{0, 10}, {0.9, 1.1}, {0, 1000}, {1e-30, 1e30, true}}),
       (R{{-20, 20}, {-1000, 1000}, {-10, 10}, {1e-10, 10, true}}))
BINARY(Atan2, "math.atan2", atan2, 1.0, 2.0,
       (R{{-10, 10}, {1e-10, 1e10, true}}), (R{{-10, 10}, {1e-10, 1e10, true}}))
BINARY(Fmod, "arith.remf", fmod, 0, 0,
       (R{{-1000, 1000}, {1e-10, 1e30, true}}), (R{{-10, 10}, {1e-10, 1e10, true}}))

} // namespace
