using ChaserEmu.Storage;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Tests.Storage;

public sealed class SqlExecutorTests : IDisposable
{
    private readonly SqlExecutor _sql;

    public SqlExecutorTests()
    {
        var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        _sql = new SqlExecutor(connection);
        _sql.ExecuteScript("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, number INTEGER); CREATE UNIQUE INDEX texts ON notes (text);");
    }

    public void Dispose() => _sql.Dispose();

    public static TheoryData<string?> Texts =>
        ["", "plain", "Ünïcödé \U0001F600", "with 'quotes', ?1 and ;", "a\0b", "\0", new string('é', 300), new string('x', 100_000), "\ud83d\ude00\ud83d\ude00", null];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_is_stored_as_it_is(string? text)
    {
        _sql.Execute("INSERT INTO notes (text) VALUES (?1)", text);

        Assert.Equal(text, Assert.Single(_sql.Query("SELECT text FROM notes", row => row.GetNullableString(0))));
        Assert.Equal(text is null ? "null" : "text", Assert.Single(_sql.Query("SELECT typeof(text) FROM notes", row => row.GetString(0))));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(7)]
    [InlineData(true)]
    [InlineData(false)]
    public void A_number_is_stored_as_it_is(object number)
    {
        _sql.Execute("INSERT INTO notes (number) VALUES (?1)", number);

        Assert.Equal(Convert.ToInt64(number), Assert.Single(_sql.Query("SELECT number FROM notes WHERE typeof(number) = 'integer'", row => row.GetInt64(0))));
    }

    /// <summary>A value of an unknown type must not be converted silently.</summary>
    [Fact]
    public void An_unsupported_type_throws() =>
        Assert.Throws<NotSupportedException>(() => _sql.Execute("INSERT INTO notes (number) VALUES (?1)", 1.5m));

    [Fact]
    public void A_reused_statement_keeps_no_old_parameters()
    {
        foreach (var text in (string?[])["a", null, "b"]) _sql.Execute("INSERT INTO notes (text) VALUES (?1)", text);

        Assert.Equal(["a", null, "b"], _sql.Query("SELECT text FROM notes ORDER BY id", row => row.GetNullableString(0)));
    }

    [Fact]
    public void Execute_returns_the_number_of_changed_rows()
    {
        for (var i = 0; i < 3; i++) Assert.Equal(1, _sql.Execute("INSERT INTO notes (number) VALUES (?1)", i));

        Assert.Equal(2, _sql.Execute("UPDATE notes SET text = number WHERE number > ?1", 0));
        Assert.Equal(0, _sql.Execute("DELETE FROM notes WHERE number > ?1", 9));
    }

    /// <summary>The error code must be SQLite's: it distinguishes an unavailable disk from a bug.</summary>
    [Fact]
    public void A_failed_statement_reports_the_error_and_can_be_reused()
    {
        const string insert = "INSERT INTO notes (text) VALUES (?1)";
        _sql.Execute(insert, "once");

        var exception = Assert.Throws<SqliteException>(() => _sql.Execute(insert, "once"));
        Assert.Equal(19, exception.SqliteErrorCode);
        Assert.Contains("notes.text", exception.Message, StringComparison.Ordinal);

        Assert.Equal(1, _sql.Execute(insert, "twice"));
    }

    [Fact]
    public void Invalid_SQL_throws() =>
        Assert.Contains("nonsense", Assert.Throws<SqliteException>(() => _sql.Execute("nonsense")).Message, StringComparison.Ordinal);

    [Fact]
    public void Statements_roll_back_if_the_transaction_fails()
    {
        Assert.Throws<InvalidDataException>(() => _sql.RunInTransaction(() =>
        {
            _sql.Execute("INSERT INTO notes (text) VALUES (?1)", "gone");
            throw new InvalidDataException();
        }));
        _sql.RunInTransaction(() => _sql.Execute("INSERT INTO notes (text) VALUES (?1)", "kept"));

        Assert.Equal(["kept"], _sql.Query("SELECT text FROM notes", row => row.GetString(0)));
    }

    /// <summary>The exception of a failed read must not leave the statement in the middle of its rows.</summary>
    [Fact]
    public void A_query_whose_reader_throws_can_be_reused()
    {
        const string select = "SELECT number FROM notes ORDER BY id";
        foreach (var number in (int[])[1, 2]) _sql.Execute("INSERT INTO notes (number) VALUES (?1)", number);

        Assert.Throws<InvalidDataException>(() => _sql.Query<long>(select, _ => throw new InvalidDataException()));

        Assert.Equal([1, 2], _sql.Query(select, row => row.GetInt64(0)));
    }
}
