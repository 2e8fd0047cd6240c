using Runtime.Evaluation.Peers;

namespace Runtime.Evaluation.Tests.Peers;

public sealed class DnsPeerTests
{
    // id 1234, recursion desired, one question: http, A, IN
    private static readonly byte[] s_question = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, (byte)'h', (byte)'t', (byte)'t', (byte)'p', 0, 0, 1, 0, 1];

    [Fact]
    public void Name_OfAPeer_HasItsAddress()
    {
        var answer = DnsPeer.Answer(s_question);

        Assert.NotNull(answer);
        Assert.Equal([0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1], answer[..8]);
        Assert.Equal(PeerNetwork.AddressOf("http").GetAddressBytes(), answer[^4..]);
    }

    [Fact]
    public void Name_OfNobody_DoesNotExist()
    {
        byte[] question = [.. s_question];
        question[13] = (byte)'x';

        var answer = DnsPeer.Answer(question);

        Assert.NotNull(answer);
        Assert.Equal(3, answer[3] & 15);
        Assert.Equal(0, answer[7]);
    }

    [Fact]
    public void Message_CutAnywhere_HasNoAnswer()
    {
        for (var length = 0; length < s_question.Length; length++)
        {
            Assert.Null(DnsPeer.Answer(s_question.AsSpan(0, length)));
        }
    }
}
