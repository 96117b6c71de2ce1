package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.data.prepared.PreparedDiff;
import dev.luthier.data.prepared.PreparedDiff.Change;
import dev.luthier.data.prepared.PreparedDiff.OnlyRows;
import dev.luthier.data.prepared.PreparedSet;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code luthier data diff}: what two versions of a prepared set differ in. */
@Command(
    name = "diff",
    description = {
      "Explains what two prepared sets differ in: settings, sources, what each stage left out,"
          + " rows and tokens."
    },
    footer = {
      "",
      "Examples:",
      "  luthier data diff my-set-1 my-set-2",
      "  luthier data diff my-set-1 my-set-2 --rows 20 --json",
      "",
      "The exit code is 0 whether they differ or not; --json says it as \"same\"."
    })
final class DataDiffCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Parameters(index = "0", paramLabel = "A", description = "A set's folder.")
  private Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "B", description = "Another's.")
  private Path after = Path.of("");

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "Rows to show that only A has, and only B, of each split; 5 by default.")
  private int rows = 5;

  DataDiffCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (rows < 0) {
      throw new UsageException("--rows is " + rows + ": must be 0 or more");
    }
    PreparedSet a = PreparedSet.open(before);
    PreparedSet b = PreparedSet.open(after);
    PreparedDiff diff = PreparedDiff.of(a, b, rows);
    if (json.json) {
      console.json(object(a, b, diff));
    } else {
      console.out().print(new DiffText(a, b, diff).render());
    }
    return Program.DONE;
  }

  private static Map<String, Object> object(PreparedSet a, PreparedSet b, PreparedDiff diff) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("same", diff.same());
    out.put("before", a.hash());
    out.put("after", b.hash());
    out.put("settings", changes(diff.settings()));
    out.put("sources", changes(diff.sources()));
    out.put("stages", changes(diff.stages()));
    Map<String, Object> splits = new LinkedHashMap<>();
    diff.splits()
        .forEach(
            (name, split) -> {
              Map<String, Object> one = new LinkedHashMap<>();
              one.put("rowsBefore", split.rowsBefore());
              one.put("rowsAfter", split.rowsAfter());
              one.put("tokensBefore", split.tokensBefore());
              one.put("tokensAfter", split.tokensAfter());
              one.put("removed", only(split.removed()));
              one.put("added", only(split.added()));
              splits.put(name, one);
            });
    out.put("splits", splits);
    return out;
  }

  /** What one of the sets lacks has no key. */
  private static <T> Map<String, Object> changes(Map<String, Change<T>> changes) {
    Map<String, Object> out = new LinkedHashMap<>();
    changes.forEach(
        (name, change) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          change.before().ifPresent(value -> one.put("before", value));
          change.after().ifPresent(value -> one.put("after", value));
          out.put(name, one);
        });
    return out;
  }

  private static Map<String, Object> only(OnlyRows rows) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("count", rows.count());
    out.put(
        "rows",
        rows.first().stream()
            .map(row -> DataShowCommand.rowObject(row.row(), row.lineage(), row.json()))
            .toList());
    return out;
  }
}
