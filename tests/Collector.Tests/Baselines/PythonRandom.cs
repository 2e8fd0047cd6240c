namespace Runtime.Collector.Tests.Baselines;

/// <summary>
/// CPython 3's random.Random: MT19937 seeded by init_by_array, with the distributions that the reference simulations draw from, bit for bit
/// (Modules/_randommodule.c, Lib/random.py).
/// </summary>
internal sealed class PythonRandom
{
    private readonly uint[] _state = new uint[624];
    private int _index = 624;
    private double? _gaussNext;

    public PythonRandom(uint seed)
    {
        _state[0] = 19650218;
        for (var i = 1; i < 624; i++)
        {
            _state[i] = 1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30)) + (uint)i;
        }

        var at = 1;
        for (var k = 624; k > 0; k--)
        {
            _state[at] = (_state[at] ^ ((_state[at - 1] ^ (_state[at - 1] >> 30)) * 1664525)) + seed;
            at = Next(at);
        }

        for (var k = 623; k > 0; k--)
        {
            _state[at] = (_state[at] ^ ((_state[at - 1] ^ (_state[at - 1] >> 30)) * 1566083941)) - (uint)at;
            at = Next(at);
        }

        _state[0] = 0x80000000;

        int Next(int index)
        {
            if (++index < 624)
            {
                return index;
            }

            _state[0] = _state[623];
            return 1;
        }
    }

    public double NextDouble() => ((Draw() >> 5) * 67108864.0 + (Draw() >> 6)) / 9007199254740992.0;

    /// <summary>randrange(bound).</summary>
    public int Below(int bound)
    {
        var bits = 32 - global::System.Numerics.BitOperations.LeadingZeroCount((uint)bound);
        uint drawn;
        do
        {
            drawn = Draw() >> (32 - bits);
        }
        while (drawn >= bound);
        return (int)drawn;
    }

    /// <summary>randint(from, to), both included.</summary>
    public int Between(int from, int to) => from + Below(to - from + 1);

    public double Gauss(double mu, double sigma)
    {
        var z = _gaussNext;
        _gaussNext = null;
        if (z is null)
        {
            var x2pi = NextDouble() * (2 * Math.PI);
            var g2rad = Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble()));
            z = Math.Cos(x2pi) * g2rad;
            _gaussNext = Math.Sin(x2pi) * g2rad;
        }

        return mu + z.Value * sigma;
    }

    public double Exponential(double lambda) => -Math.Log(1.0 - NextDouble()) / lambda;

    private uint Draw()
    {
        if (_index >= 624)
        {
            for (var i = 0; i < 624; i++)
            {
                var y = (_state[i] & 0x80000000) | (_state[(i + 1) % 624] & 0x7fffffff);
                _state[i] = _state[(i + 397) % 624] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
            }

            _index = 0;
        }

        var drawn = _state[_index++];
        drawn ^= drawn >> 11;
        drawn ^= (drawn << 7) & 0x9d2c5680;
        drawn ^= (drawn << 15) & 0xefc60000;
        return drawn ^ (drawn >> 18);
    }
}
