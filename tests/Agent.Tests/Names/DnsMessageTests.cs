using CsCheck;
using Runtime.Agent.Names;
using Xunit;

namespace Runtime.Agent.Tests.Names;

public sealed class DnsMessageTests
{
    private const string Question = "1a2b01000001000000000000" + Name + "00010001";
    private const string Name = "04506f6f6c076578616d706c6500";
    private const string Answer = "1a2b81800001000200000000" + Name + "00010001" + "c00c000500010000003c00040178c011" + "c02a000100010000003c0004cb007109";

    [Fact]
    public void Question_InMixedCase_IsReadInLowerCase()
    {
        var message = new DnsMessage();

        Assert.True(message.TryRead(Convert.FromHexString(Question)));

        Assert.Equal("pool.example"u8, message.Name);
        Assert.Equal((0x1a2b, false, DnsMessage.TypeA, 0), ((int)message.Id, message.IsResponse, message.Type, message.Count));
    }

    [Fact]
    public void Answer_ByWayOfAnAlias_GivesTheQuestionsAddress()
    {
        var message = new DnsMessage();

        Assert.True(message.TryRead(Convert.FromHexString(Answer)));

        Assert.Equal("pool.example"u8, message.Name);
        Assert.Equal((1, 60u), (message.Count, message.Seconds));
        Assert.Equal([203, 0, 113, 9], message.Address(0).ToArray());
    }

    [Fact]
    public void Answer_ForANameThatWasNotAsked_GivesNothing()
    {
        var message = new DnsMessage();

        Assert.True(message.TryRead(Convert.FromHexString(Answer.Replace("c02a0001", "c0110001", StringComparison.Ordinal))));

        Assert.Equal(0, message.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1a2b010000010000000000")]
    [InlineData("1a2b01000001000000000000c00c00010001")]
    [InlineData("1a2b01000001000000000000c0ff00010001")]
    [InlineData("1a2b01000002000000000000" + Name + "00010001")]
    [InlineData("1a2b01000001000000000000" + "3f6162")]
    public void Message_ThatIsNone_IsRefused(string bytes) => Assert.False(new DnsMessage().TryRead(Convert.FromHexString(bytes)));

    [Fact]
    public void Message_OfTcp_IsReadWithAndWithoutItsLength()
    {
        var message = new DnsMessage();
        var bytes = Convert.FromHexString(Question);

        Assert.True(message.TryReadStream([0, (byte)bytes.Length, .. bytes]));
        Assert.Equal("pool.example"u8, message.Name);
        Assert.True(message.TryReadStream(bytes));
        Assert.Equal("pool.example"u8, message.Name);
    }

    [Fact]
    public void Message_OfAnyBytes_NeverThrows()
    {
        var message = new DnsMessage();
        var valid = Convert.FromHexString(Answer);
        Gen.Int[0, valid.Length - 1].Select(Gen.Byte).Array[0, 12].Select(Gen.Int[0, valid.Length]).Sample((changes, length) =>
        {
            var bytes = valid.ToArray();
            foreach (var (at, value) in changes)
                bytes[at] = value;
            message.TryReadStream(bytes.AsSpan(0, length));
            Assert.True(message.Name.Length <= DnsMessage.MaxName);
        });
        Gen.Byte.Array[0, 512].Sample(bytes => { message.TryRead(bytes); });
    }
}
