package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.Preview.PreviewRow;
import dev.luthier.data.Preview.Segment;
import dev.luthier.data.check.AuditReport.ExampleRow;
import dev.luthier.data.check.AuditReport.SourceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Rows of a page as they are trained: what counts in the loss is marked, the rest is dim. */
record ExampleList(List<SourceFile> files, List<ExampleRow> examples) {
  /** Tokens at the beginning and at the end that are shown of a long row. */
  private static final int BEGINNING = 1000;

  private static final int END = 200;

  Html html() {
    return examples.isEmpty()
        ? Html.of("<p>No rows are shown.</p>\n")
        : Html.of(
            """
            <p>The first rows, a long one, and rows that findings are about, as they are trained: \
            <mark>what counts in the loss</mark>, what is only read, \
            <b class="marker">what is special to the template</b>. Each token has its id as a \
            tooltip.</p>
            %s""",
            Html.all(examples.stream().map(this::example)));
  }

  private Html example(ExampleRow example) {
    PreviewRow row = example.row();
    String name =
        "Row " + row.row() + (files.size() > 1 ? " of " + files.get(example.file()).path() : "");
    boolean whole = row.tokens() <= BEGINNING + END;
    List<Segment> beginning = whole ? row.segments() : part(row.segments(), 0, BEGINNING);
    List<Segment> end = whole ? List.of() : part(row.segments(), row.tokens() - END, row.tokens());
    return Html.of(
        """
        <article class="example">
        <h3>%s</h3>
        <p class="facts">%s</p>
        <p class="why">%s</p>
        <pre class="document" tabindex="0" dir="auto" aria-label="%s">%s%s%s</pre>
        %s</article>
        """,
        name,
        row.tokens() == 0
            ? "no tokens: the row is not used"
            : Counts.of(row.tokens(), "token")
                + ", "
                + Counts.number(row.trained())
                + " trained ("
                + Counts.percent(row.trained(), row.tokens())
                + ")",
        Html.shown(String.join("; ", example.why())),
        name,
        Html.all(beginning.stream().map(ExampleList::segment)),
        whole ? Html.NONE : gap(row.tokens() - BEGINNING - END),
        Html.all(end.stream().map(ExampleList::segment)),
        row.tokens() == 0 ? Html.NONE : ids(beginning, end));
  }

  private static Html gap(int tokens) {
    return Html.of("<em class=\"gap\">%s not shown</em>", Counts.of(tokens, "token"));
  }

  /** The segments of the tokens from one to another. */
  private static List<Segment> part(List<Segment> segments, int from, int to) {
    List<Segment> part = new ArrayList<>();
    int start = 0;
    for (Segment segment : segments) {
      int size = segment.ids().size();
      int first = Math.max(0, from - start);
      int end = Math.min(size, to - start);
      if (first < end) {
        part.add(
            new Segment(
                segment.trained(),
                segment.ids().subList(first, end),
                segment.pieces().subList(first, end)));
      }
      start += size;
    }
    return part;
  }

  private static Html segment(Segment segment) {
    return Html.of(
        segment.trained() ? "<mark>%s</mark>" : "<span>%s</span>",
        segment.ids().isEmpty() ? Html.shown(segment.text()) : tokens(segment));
  }

  /** Each piece of text with the ids that stand for it, in a tooltip. */
  private static Html tokens(Segment segment) {
    List<String> pieces = new ArrayList<>();
    List<String> titles = new ArrayList<>();
    StringBuilder ids = new StringBuilder();
    for (int i = 0; i < segment.ids().size(); i++) {
      ids.append(ids.isEmpty() ? "" : " ").append(segment.ids().get(i));
      if (!segment.pieces().get(i).isEmpty()) {
        pieces.add(segment.pieces().get(i));
        titles.add(ids.toString());
        ids.setLength(0);
      }
    }
    return Html.shown(pieces, titles);
  }

  private static Html ids(List<Segment> beginning, List<Segment> end) {
    return Html.of(
        """
        <details class="ids"><summary>Token ids</summary><ol>
        %s%s</ol></details>
        """,
        Html.all(beginning.stream().map(ExampleList::ids)),
        Html.all(end.stream().map(ExampleList::ids)));
  }

  private static Html ids(Segment segment) {
    return Html.of(
        segment.trained() ? "<li><mark>%s</mark></li>\n" : "<li>%s</li>\n",
        segment.ids().stream().map(String::valueOf).collect(Collectors.joining(" ")));
  }
}
