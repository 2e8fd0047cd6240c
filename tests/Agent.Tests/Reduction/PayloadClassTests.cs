using System.Text;
using CsCheck;
using Runtime.Agent.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

public sealed class PayloadClassTests
{
    [Theory]
    [InlineData("""{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"48Ab","pass":"x","agent":"XMRig/6.21.0","algo":["rx/0"]}}""")]
    [InlineData("""{"method": "login", "params": {"login": "48Ab", "pass": "x", "agent": "a"}, "id": 1}""")]
    [InlineData("""{"params":{"agent":"a","login":"48Ab"},"method":"login"}""")]
    [InlineData("""{"id":1,"method":"mining.subscribe","params":["cgminer/4.9"]}""")]
    [InlineData("""{"id":2,"method":"mining.authorize","params":["w","x"]}""")]
    [InlineData("""{"id":7,"method":"submit","params":{"id":"x","job_id":"j","nonce":"0000","result":"ab"}}""")]
    [InlineData("""{"id":9,"method":"keepalived","params":{"id":"x"}}""")]
    [InlineData("""{"worker":"r","jsonrpc":"2.0","params":["0x0"],"id":1,"method":"eth_submitLogin"}""")]
    [InlineData("  \r\n{\"id\":1,\n\"method\" : \"mining.subscribe\"}")]
    public void Of_WhatMinersSay_IsStratum(string payload) => Assert.Equal("stratum", Class(payload));

    [Theory]
    [InlineData("""{"id":1,"method":"login","params":{"user":"a","password":"b","agent":"curl"}}""")]
    [InlineData("""{"id":1,"method":"login","params":{"login":"a","password":"b"}}""")]
    [InlineData("""{"id":1,"method":"submit","params":{"form":"x","nonce":"0000"}}""")]
    [InlineData("""{"id":1,"method":"eth_blockNumber","params":[]}""")]
    [InlineData("""{"text":"mining.subscribe is a method","note":"login agent"}""")]
    [InlineData("""{"method":7,"login":"x","agent":"y"}""")]
    [InlineData("""[{"method":"mining.subscribe"}]""")]
    [InlineData("""mining.subscribe""")]
    [InlineData("""{"method":"mining.subscri""")]
    [InlineData("""{"method"}""")]
    [InlineData("{")]
    [InlineData("GETTING STARTED WITH IT")]
    [InlineData("GET ")]
    [InlineData("\u0016\u0003")]
    [InlineData("SSH-3")]
    [InlineData("")]
    public void Of_NearMisses_IsOther(string payload) => Assert.Equal("other", Class(payload));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST /rpc HTTP/1.1\r\n\r\n{\"method\":\"mining.subscribe\"}")]
    [InlineData("CONNECT pool:443 HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\n")]
    [InlineData("GET /a-target-that-is-longer-than-what-we-see")]
    public void Of_Http_IsHttp(string payload) => Assert.Equal("http", Class(payload));

    [Fact]
    public void Of_ClientHello_IsTls() => Assert.Equal("tls", PayloadClass.Of([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));

    [Theory]
    [InlineData(new byte[] { 22, 3, 1, 2, 0, 2 })] // ServerHello
    [InlineData(new byte[] { 23, 3, 3, 0, 5, 1 })] // application data
    [InlineData(new byte[] { 22, 2, 1, 2, 0, 1 })]
    public void Of_OtherTlsRecords_IsOther(byte[] payload) => Assert.Equal("other", PayloadClass.Of(payload));

    [Fact]
    public void Of_SshBanner_IsSsh() => Assert.Equal("ssh", Class("SSH-2.0-OpenSSH_9.2p1\r\n"));

    [Fact]
    public void Of_AnyBytesAndAnyCut_NeverFails() =>
        Gen.Select(Gen.Byte.Array[0, 256], Gen.Int[0, 120]).Sample(
            (bytes, cut) =>
            {
                PayloadClass.Of(bytes);
                var text = """{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"48Ab","pass":"x","agent":"XMRig/6.21.0","algo":["rx/0"]}}"""u8;
                PayloadClass.Of(text[..Math.Min(cut, text.Length)]);
            },
            iter: 5000);

    private static string Class(string payload) => PayloadClass.Of(Encoding.UTF8.GetBytes(payload));
}
