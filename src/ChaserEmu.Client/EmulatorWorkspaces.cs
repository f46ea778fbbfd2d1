using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ChaserEmu.Client;

/// <summary>Lists workspaces, and sets their balance and limits.</summary>
public sealed class EmulatorWorkspaces
{
    private const string Path = "/_emu/workspaces";

    /// <summary>Omits null fields. The API takes a null limit as "the value of the setting".</summary>
    private static readonly JsonTypeInfo<UpdateWorkspaceRequest> ChangeType = (JsonTypeInfo<UpdateWorkspaceRequest>)
        new JsonSerializerOptions(WorkspacesJson.Default.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull }.GetTypeInfo(typeof(UpdateWorkspaceRequest));

    private readonly ControlPlaneClient _control;

    internal EmulatorWorkspaces(ControlPlaneClient control) => _control = control;

    /// <summary>Returns all workspaces, newest first.</summary>
    public async Task<IReadOnlyList<WorkspaceInspection>> ListAsync(CancellationToken cancellationToken = default)
    {
        var all = new List<WorkspaceInspection>();
        string? cursor = null;
        do
        {
            var query = new QueryStringBuilder().Add("limit", "500").Add("cursor", cursor);
            var page = await _control.GetAsync(Path + query, WorkspacesJson.Default.WorkspaceInspectionList, cancellationToken).ConfigureAwait(false);
            all.AddRange(page.Workspaces);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return all;
    }

    /// <summary>Returns a workspace with its keys.</summary>
    /// <exception cref="ChaserEmulatorException">404: the workspace does not exist.</exception>
    public Task<WorkspaceInspection> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _control.GetAsync($"{Path}/{Uri.EscapeDataString(id)}", WorkspacesJson.Default.WorkspaceInspection, cancellationToken);

    /// <summary>Sets the balance or the limits, such as <c>new(BalanceMicroUsd: 0)</c>. Null fields do not change.</summary>
    /// <exception cref="ChaserEmulatorException">404: the workspace does not exist. 400: a value is invalid.</exception>
    public Task<WorkspaceInspection> UpdateAsync(string id, UpdateWorkspaceRequest change, CancellationToken cancellationToken = default) => _control.SendAsync(
        HttpMethod.Put, $"{Path}/{Uri.EscapeDataString(id)}", change, ChangeType, WorkspacesJson.Default.WorkspaceInspection, cancellationToken);
}
