using System.Buffers.Binary;

namespace Runtime.Agent.Packages;

/// <summary>Rows of a table, in the order of its tree. One walk; one thread.</summary>
// A leaf of the tree:
// 0d 0000 0002 0f3c 00 | 0f9e 0f3c | … | 2e 01 …      a leaf of a table; no free block; 2 cells, the first byte of them at 0x0f3c;
//                                                      where each cell begins; a cell: its payload's length, the row's number, the payload
// A page above the leaves is 05 …, four bytes longer by its right-most child; its cells are a child and a row's number.
// Of a payload that is too long for a page the rest lies in a chain: each page is the number of the next one (0 ends it), then bytes.
// Page 1 begins with the header of the file, 100 bytes, and counts its offsets from there back to 0.
internal sealed class SqliteTable
{
    /// <summary>rpm's headers: a kernel's has 2 MB.</summary>
    public const int MaxRowBytes = 16 * 1024 * 1024;

    private const byte Leaf = 0x0d, Interior = 0x05;

    private readonly SqlitePages _pages;
    private readonly byte[] _page, _chain;

    // Each page once, as it is claimed before it is put here.
    private readonly Stack<uint> _waiting = new();
    private byte[] _row = [];
    private int _pointers, _cells, _next;

    public SqliteTable(SqlitePages pages, uint root)
    {
        (_pages, _page, _chain) = (pages, new byte[pages.PageBytes], new byte[pages.PageBytes]);
        Visit(root);
    }

    /// <summary>False once something of it could not be read.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <param name="row">Until the next call.</param>
    /// <returns>False at the end.</returns>
    public bool TryNext(out ReadOnlySpan<byte> row)
    {
        row = [];
        while (true)
        {
            while (_next < _cells)
            {
                if (TryRow(Cell(_next++), out row))
                    return true;
                IsWhole = false;
            }
            if (!_waiting.TryPop(out var number))
                return false;
            Open(number);
        }
    }

    private void Visit(uint number)
    {
        if (_pages.TryClaim(number))
            _waiting.Push(number);
        else
            IsWhole = false;
    }

    /// <summary>Takes a leaf's cells, or puts a page's children on the stack, the last at the bottom.</summary>
    private void Open(uint number)
    {
        (_cells, _next) = (0, 0);
        if (!_pages.TryRead(number, _page))
        {
            IsWhole = false;
            return;
        }
        var start = number == 1 ? 100 : 0;
        var kind = _page[start];
        var cells = BinaryPrimitives.ReadUInt16BigEndian(_page.AsSpan(start + 3));
        _pointers = start + (kind == Interior ? 12 : 8);
        if (kind is not (Leaf or Interior) || _pointers + 2 * cells > _pages.Usable)
        {
            IsWhole = false;
            return;
        }
        if (kind == Leaf)
        {
            _cells = cells;
            return;
        }
        Visit(BinaryPrimitives.ReadUInt32BigEndian(_page.AsSpan(start + 8)));
        for (var i = cells - 1; i >= 0; i--)
        {
            if (Cell(i) is { Length: >= 4 } cell)
                Visit(BinaryPrimitives.ReadUInt32BigEndian(cell));
            else
                IsWhole = false;
        }
    }

    /// <summary>From where a cell begins to the page's end; empty when it begins outside.</summary>
    private ReadOnlySpan<byte> Cell(int i)
    {
        // The array of pointers was checked in Open.
        var at = BinaryPrimitives.ReadUInt16BigEndian(_page.AsSpan(_pointers + 2 * i));
        return at < _pages.Usable ? _page.AsSpan(at, _pages.Usable - at) : [];
    }

    private bool TryRow(ReadOnlySpan<byte> cell, out ReadOnlySpan<byte> row)
    {
        row = [];
        if (!SqliteRow.TryTakeNumber(ref cell, out var length) || !SqliteRow.TryTakeNumber(ref cell, out _) || length > MaxRowBytes || (long)length > _pages.Capacity)
            return false;
        var local = Local((int)length, _pages.Usable);
        if (local == (int)length)
        {
            row = local <= cell.Length ? cell[..local] : [];
            return local <= cell.Length;
        }
        if (cell.Length < local + 4)
            return false;
        if (_row.Length < (int)length)
            _row = new byte[Math.Max((int)length, 2 * Math.Min(_row.Length, MaxRowBytes / 2))];
        cell[..local].CopyTo(_row);
        if (!TryChain(BinaryPrimitives.ReadUInt32BigEndian(cell[local..]), _row.AsSpan(local, (int)length - local)))
            return false;
        row = _row.AsSpan(0, (int)length);
        return true;
    }

    private bool TryChain(uint number, Span<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            if (!_pages.TryClaim(number) || !_pages.TryRead(number, _chain))
                return false;
            var part = _chain.AsSpan(4, Math.Min(rest.Length, _pages.Usable - 4));
            part.CopyTo(rest);
            rest = rest[part.Length..];
            number = BinaryPrimitives.ReadUInt32BigEndian(_chain);
        }
        return true;
    }

    /// <summary>How much of a payload lies in the leaf itself: the format's "calculation of the amount of payload".</summary>
    private static int Local(int length, int usable)
    {
        var most = usable - 35;
        if (length <= most)
            return length;
        var least = (usable - 12) * 32 / 255 - 23;
        var even = least + (length - least) % (usable - 4);
        return even <= most ? even : least;
    }
}
