using System.Text.Json;
using Runtime.Agent.Capture;
using Runtime.Agent.Names;

namespace Runtime.Agent.Commands;

internal sealed partial class EventPrinter
{
    private readonly DnsMessage _message = new();
    private readonly NameTable _names = new();

    private void Name(Utf8JsonWriter json, in NetworkEvent e)
    {
        var container = processes.Resolve(e.Origin).ContainerId;
        if (e.Operation != NetworkOperation.NameQuery)
        {
            Text(json, "name", _names.Find(container, e.RemoteAddress, e.Origin.TimeBootNs));
            return;
        }
        json.WriteBoolean("is_answer", e.IsAnswer);
        if (!(e.Protocol == 6 ? _message.TryReadStream(e.Payload) : _message.TryRead(e.Payload)) || _message.IsResponse != e.IsAnswer)
            return;
        Text(json, "name", _message.Name);
        json.WriteNumber("type", _message.Type);
        if (!e.IsAnswer)
        {
            _names.Ask(container, e.Socket, e.RemoteAddress, _message);
            return;
        }
        _names.Answer(container, e.Socket, e.RemoteAddress, _message, e.Origin.TimeBootNs);
        json.WriteNumber("response_code", _message.ResponseCode);
        json.WriteStartArray("addresses");
        for (var i = 0; i < _message.Count; i++)
            json.WriteStringValue(new global::System.Net.IPAddress(_message.Address(i)).ToString());
        json.WriteEndArray();
    }
}
