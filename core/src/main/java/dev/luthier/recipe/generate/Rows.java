package dev.luthier.recipe.generate;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.synthetic.Ask;
import dev.luthier.data.synthetic.Candidate;
import dev.luthier.data.synthetic.Rejection;
import dev.luthier.format.Hashes;
import dev.luthier.hub.TextWriter;

/**
 * Rows as lines of JSON.
 *
 * @param settings of the run
 * @param hash of what its rows depend on
 * @param writer what wrote them
 */
record Rows(DataGenerateSettings settings, String hash, TextWriter writer) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** A row that is kept, with where it comes from. */
  String kept(Candidate row, int request, Ask ask) {
    ObjectNode line = JSON.createObjectNode();
    if (settings.format() == DataGenerateSettings.RowFormat.ALPACA) {
      parts(line, row);
    } else {
      message(line, "user", question(row));
      message(line, "assistant", row.output());
    }
    ObjectNode from = line.putObject("provenance");
    from.put("task", settings.task().toString());
    if (!ask.variant().isEmpty()) {
      from.put("variant", ask.variant());
    }
    from.put("writer", writer.name());
    writer.host().ifPresent(host -> from.put("endpoint", host));
    from.put("request", request);
    ask.sources().forEach(from.withArray("/sources")::add);
    from.put("prompt", Hashes.text(ask.prompt()).substring(0, 16));
    from.put("seed", settings.seed());
    from.put("settings", hash);
    return line.toString();
  }

  /** As sft puts an Alpaca row into one turn. */
  private static String question(Candidate row) {
    return row.input().isEmpty() ? row.instruction() : row.instruction() + "\n\n" + row.input();
  }

  private static void message(ObjectNode line, String role, String content) {
    line.withArray("/messages").addObject().put("role", role).put("content", content);
  }

  private static void parts(ObjectNode line, Candidate row) {
    line.put("instruction", row.instruction());
    line.put("input", row.input());
    line.put("output", row.output());
  }

  /** What was refused, and why. */
  String refused(Candidate row, int request, Rejection why) {
    ObjectNode line = JSON.createObjectNode();
    line.put("request", request);
    line.put("reason", why.reason());
    line.put("detail", why.detail());
    parts(line, row);
    return line.toString();
  }
}
