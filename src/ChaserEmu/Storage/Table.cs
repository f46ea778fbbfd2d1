namespace ChaserEmu.Storage;

/// <summary>The schema of a table, as <c>SchemaTests</c> compares it with EF Core's model.</summary>
internal interface ITable
{
    string Name { get; }

    IReadOnlyList<IColumn> Columns { get; }
}

/// <summary>The schema of a column.</summary>
internal interface IColumn
{
    string Name { get; }

    /// <summary>Gets the type in SQL.</summary>
    string SqlType { get; }

    bool IsNullable { get; }

    bool IsKey { get; }
}

/// <summary>
/// A table: its columns, each with how a row's value is read and written. The texts of all statements are made from them. Columns are added
/// when the table is defined, in <see cref="WorkspaceTable"/> and its neighbours.
/// </summary>
internal sealed class Table<TRow>(string name, Func<SqlRow, TRow> read) : ITable
{
    private readonly List<Column<TRow>> _columns = [];
    private string? _select;
    private RowStatement<TRow>? _insert;

    public string Name => name;

    public IReadOnlyList<Column<TRow>> Columns => _columns;

    /// <summary>Gets the function that reads a row of <see cref="Select"/>.</summary>
    public Func<SqlRow, TRow> Read => read;

    /// <summary>Gets the statement that selects all columns of all rows. A condition can be appended.</summary>
    public string Select => _select ??= $"SELECT {Join(_columns, column => column.Name)} FROM {name}";

    /// <summary>Gets the statement that inserts a row.</summary>
    public RowStatement<TRow> Insert => _insert ??= new($"INSERT INTO {name} ({Join(_columns, column => column.Name)}) VALUES ({Join(_columns, column => $"?{column.Index + 1}")})", [.. _columns]);

    IReadOnlyList<IColumn> ITable.Columns => _columns;

    /// <summary>Adds a column of the primary key.</summary>
    public Column<TRow, TValue> AddKey<TValue>(string column, SqlType<TValue> type, Func<TRow, TValue> get) => AddColumn(column, type, get, isKey: true);

    /// <summary>Adds a column.</summary>
    public Column<TRow, TValue> Add<TValue>(string column, SqlType<TValue> type, Func<TRow, TValue> get) => AddColumn(column, type, get, isKey: false);

    /// <summary>Returns the statement that updates these columns of a row, found by its primary key. Indexes on other columns are not touched.</summary>
    public RowStatement<TRow> Update(params IReadOnlyList<Column<TRow>> changed)
    {
        List<Column<TRow>> keys = _columns.FindAll(column => column.IsKey);
        var assignments = Join(changed, (column, i) => $"{column.Name} = ?{keys.Count + i + 1}");
        return new($"UPDATE {name} SET {assignments} WHERE {string.Join(" AND ", keys.Select((key, i) => $"{key.Name} = ?{i + 1}"))}", [.. keys, .. changed]);
    }

    private Column<TRow, TValue> AddColumn<TValue>(string column, SqlType<TValue> type, Func<TRow, TValue> get, bool isKey)
    {
        var added = new Column<TRow, TValue>(column, _columns.Count, type, get, isKey);
        _columns.Add(added);
        return added;
    }

    private static string Join(IReadOnlyList<Column<TRow>> columns, Func<Column<TRow>, string> format) => string.Join(", ", columns.Select(format));

    private static string Join(IReadOnlyList<Column<TRow>> columns, Func<Column<TRow>, int, string> format) => string.Join(", ", columns.Select(format));
}

/// <summary>A statement whose parameters are values of one row.</summary>
internal sealed class RowStatement<TRow>(string sql, Column<TRow>[] parameters)
{
    public string Sql => sql;

    public ReadOnlySpan<Column<TRow>> Parameters => parameters;

    /// <summary>Returns the statement with more SQL at its end, such as a condition.</summary>
    public RowStatement<TRow> Append(string clause) => new($"{sql} {clause}", parameters);
}

/// <summary>A column of a table of <typeparamref name="TRow"/>.</summary>
internal abstract class Column<TRow>(string name, int index, bool isKey) : IColumn
{
    public string Name => name;

    /// <summary>Gets the position in the table and in the rows of <see cref="Table{TRow}.Select"/>, from 0.</summary>
    public int Index => index;

    public bool IsKey => isKey;

    public abstract string SqlType { get; }

    public abstract bool IsNullable { get; }

    /// <summary>Sets a parameter of a statement to the row's value.</summary>
    public abstract void Bind(SqlParameter parameter, TRow row);
}

/// <inheritdoc/>
internal sealed class Column<TRow, TValue>(string name, int index, SqlType<TValue> type, Func<TRow, TValue> get, bool isKey) : Column<TRow>(name, index, isKey)
{
    public override string SqlType => type.Name;

    public override bool IsNullable => type.IsNullable;

    public override void Bind(SqlParameter parameter, TRow row) => type.Write(parameter, get(row));

    /// <summary>Reads the column's value from a row of <see cref="Table{TRow}.Select"/>.</summary>
    public TValue Read(SqlRow row) => type.Read(row, Index);
}
