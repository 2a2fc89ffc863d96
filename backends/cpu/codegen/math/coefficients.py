#!/usr/bin/env python3
"""Computes Coefficients.inc: the polynomials of ExpandMath*.cpp.

Each is an interpolation at Chebyshev nodes, computed with 60 digits and then rounded,
which is within a small factor of the best polynomial of that degree; where errors count
far more here than there, it is the best polynomial under weights. The largest
relative error of the function built on it stands in the comment of each.
Needs mpmath; run it as `coefficients.py > Coefficients.inc`.
"""
import mpmath as mp

mp.mp.dps = 60


def fit(function, low, high, degree):
    """Monomial coefficients, constant first, of the interpolation of `function`."""
    n = degree + 1
    nodes = [
        (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * n))
        for i in range(n)
    ]
    matrix = mp.matrix(n, n)
    for i, x in enumerate(nodes):
        for j in range(n):
            matrix[i, j] = x**j
    return list(mp.lu_solve(matrix, mp.matrix([function(x) for x in nodes])))


def fit_weighted(function, low, high, degree, weight):
    """Of all polynomials the one whose largest weighted error is least, by Lawson's algorithm:
    least squares again and again, each node counted more the larger its error was."""
    n = 20 * (degree + 1)
    nodes = [
        (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * n))
        for i in range(n)
    ]
    rows = [[weight(x) * x**j for j in range(degree + 1)] for x in nodes]
    wanted = [weight(x) * function(x) for x in nodes]
    shares = [mp.mpf(1) / n] * n
    for _ in range(60):
        scaled = [[s * r for r in row] for s, row in zip(shares, rows)]
        normal = mp.matrix(scaled).T * mp.matrix(rows)
        right = mp.matrix(scaled).T * mp.matrix(wanted)
        c = list(mp.lu_solve(normal, right))
        errors = [abs(mp.fdot(row, c) - y) for row, y in zip(rows, wanted)]
        shares = [s * e for s, e in zip(shares, errors)]
        total = mp.fsum(shares)
        shares = [s / total for s in shares]
    return c


def series(function, point, limit):
    """`function`, or its limit where it divides 0 by 0."""
    return lambda x: limit if abs(x) < mp.mpf(10) ** -25 else function(x)


def emit(name, function, low, high, degree, weight, single=False, best=False):
    low, high = mp.mpf(low), mp.mpf(high)
    coefficients = (fit_weighted(function, low, high, degree, weight)
                    if best else fit(function, low, high, degree))
    worst = mp.mpf(0)
    for i in range(401):
        x = low + (high - low) * i / 400
        error = mp.polyval(coefficients[::-1], x) - function(x)
        worst = max(worst, abs(error * weight(x)))
    kind = "f32" if single else "f64"
    print(f"// {name}: degree {degree} on [{mp.nstr(low, 5)}, {mp.nstr(high, 5)}], "
          f"error {mp.nstr(worst, 2)}, for {kind}")
    print(f"constexpr double k{name}[] = {{")
    digits = 10 if single else 18
    text = [mp.nstr(c, digits, min_fixed=0, max_fixed=0) for c in coefficients]
    for i in range(0, len(text), 3):
        print("    " + ", ".join(text[i:i + 3]) + ",")
    print("};")


def erfcx_scaled(t, k):
    """(1 + 2x) exp(x^2) erfc(x) with x from t = (x - k) / (x + k)."""
    if abs(1 - t) < mp.mpf(10) ** -20:
        return 2 / mp.sqrt(mp.pi)
    x = k * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def main():
    print("// Made by coefficients.py; do not edit.\n")
    half = mp.log(2) / 2 * mp.mpf("1.001")
    exp_tail = series(lambda r: (mp.expm1(r) - r) / r**2, 0, mp.mpf(1) / 2)
    emit("Exp64", exp_tail, -half, half, 11, lambda r: r * r)
    emit("Exp32", exp_tail, -half, half, 4, lambda r: r * r, single=True)
    exp2_rest = series(lambda r: (2**r - 1) / r, 0, mp.log(2))
    emit("Exp2Rest32", exp2_rest, mp.mpf(-1) / 2, mp.mpf(1) / 2, 4, lambda r: r / 2**r,
         single=True)

    edge = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
    log_tail = series(lambda z: (2 * mp.atanh(mp.sqrt(z)) - 2 * mp.sqrt(z)) / mp.sqrt(z)**3,
                      0, mp.mpf(2) / 3)
    emit("Log64", log_tail, 0, edge**2 * mp.mpf("1.001"), 7, lambda z: z / 2)
    log_tail2 = series(lambda z: (log_tail(z) - mp.mpf(2) / 3) / z, 0, mp.mpf(2) / 5)
    emit("LogTail64", log_tail2, mp.mpf(10) ** -12, edge**2 * mp.mpf("1.001"), 7,
         lambda z: z * z / 2)
    log32 = series(lambda f: (mp.log1p(f) - f + f * f / 2) / f**3, 0, mp.mpf(1) / 3)
    emit("Log32", log32, mp.sqrt(2) / 2 - 1, mp.sqrt(2) - 1, 8, lambda f: f * f,
         single=True)

    quarter = (mp.pi / 4 * mp.mpf("1.01")) ** 2
    sin_tail = series(lambda z: (mp.sin(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z)**3, 0,
                      mp.mpf(-1) / 6)
    cos_tail = series(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, 0, mp.mpf(1) / 24)
    emit("Sin64", sin_tail, 0, quarter, 6, lambda z: z)
    emit("Cos64", cos_tail, 0, quarter, 6, lambda z: z * z)
    emit("Sin32", sin_tail, 0, quarter, 3, lambda z: z, single=True)
    emit("Cos32", cos_tail, 0, quarter, 3, lambda z: z * z, single=True)

    asin_tail = series(lambda z: (mp.asin(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z)**3, 0,
                       mp.mpf(1) / 6)
    emit("Asin64", asin_tail, 0, mp.mpf("0.2505"), 13, lambda z: z)
    eighth = mp.tan(mp.pi / 8) ** 2 * mp.mpf("1.001")
    atan_tail = series(lambda z: (mp.atan(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z)**3, 0,
                       mp.mpf(-1) / 3)
    emit("Atan64", atan_tail, 0, eighth, 12, lambda z: z)

    two = 2 / mp.sqrt(mp.pi)
    erf_head = series(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, 0, two - 1)
    emit("Erf64", erf_head, 0, mp.mpf("0.2505"), 9, lambda z: 1)
    emit("Erf32", erf_head, 0, mp.mpf("0.81"), 6, lambda z: 1, single=True)
    k = mp.mpf("2.5")
    emit("Erfcx64", lambda t: erfcx_scaled(t, k), (mp.mpf("0.499") - k) / (mp.mpf("0.499") + k),
         (28 - k) / (28 + k), 21, lambda t: 1)
    log_erfc = lambda x: mp.log(mp.erfc(x))
    emit("LogErfc32", log_erfc, mp.mpf("0.89"), mp.mpf("4.05"), 7, mp.erfc, single=True)

    # Times x: far out, where it is the polynomial alone, it falls without end.
    log2_erfc = series(lambda x: mp.log(mp.erfc(x), 2) / x, 0,
                       -two / mp.log(2))
    emit("Log2ErfcRest32", log2_erfc, 0, mp.mpf("4.5"), 7,
         lambda x: x * mp.log(2) * (mp.erfc(x) + mp.exp(-x) / 10000), single=True, best=True)

    tanh_tail = series(lambda z: (mp.tanh(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z)**3, 0,
                       mp.mpf(-1) / 3)
    emit("Tanh32", tanh_tail, 0, mp.mpf("0.391"), 4, lambda z: z, single=True)
    emit("Cbrt64", lambda m: mp.cbrt(m), 1, 2, 4, lambda m: 1)

    print("// 2/pi times 2^(e - 52), modulo 4, times 2^52, as a sum of four doubles, for the")
    print("// exponents e = 30 ... 1023: exact products with a mantissa in [1, 2).")
    print("constexpr double kTwoOverPi[] = {")
    mp.mp.prec = 1500
    two_over_pi = 2 / mp.pi
    for e in range(30, 1024):
        value = mp.fmod(mp.ldexp(two_over_pi, e - 52), 4) * mp.mpf(2) ** 52
        parts = []
        for _ in range(4):
            part = float(value)
            parts.append(part.hex())
            value -= mp.mpf(part)
        print("    " + ", ".join(parts) + ",")
    print("};")


main()
