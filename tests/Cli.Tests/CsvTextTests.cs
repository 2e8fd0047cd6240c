using System.Text.Json.Nodes;
using Runtime.Cli.Output;
using Xunit;

namespace Runtime.Cli.Tests;

public sealed class CsvTextTests
{
    [Theory]
    [InlineData("""{"a":1,"b":"x"}""", "a,b|1,x")]
    [InlineData("""{"rows":[{"a":1},{"a":2,"b":true}],"next":"t"}""", "a,b|1,|2,true")]
    [InlineData("""{"rows":[]}""", "")]
    [InlineData("""{"rows":[{"in":{"c":"x"},"list":["p","q"],"records":[{"a":1}],"none":null}]}""", "in.c,list|x,p q")]
    [InlineData("""{"a":"x,y","b":"say \"no\""}""", "a,b|\"x,y\",\"say \"\"no\"\"\"")]
    [InlineData("""{"a":"=1+1","b":"-2","c":"-x","d":"@x","e":"+x"}""", "a,b,c,d,e|'=1+1,-2,'-x,'@x,'+x")]
    [InlineData("""{"a":"x\ny\u001b[2J"}""", "a|x\\ny\\x1B[2J")]
    public void Of_EachForm_IsRowsThatASpreadsheetCanOpen(string json, string expected) =>
        Assert.Equal(expected, string.Join('|', CsvText.Of((JsonObject)JsonNode.Parse(json)!).Split("\r\n", StringSplitOptions.RemoveEmptyEntries)));
}
