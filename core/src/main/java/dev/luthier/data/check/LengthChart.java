package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.check.AuditReport.Bucket;
import dev.luthier.data.check.AuditReport.Lengths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The histogram of lengths as SVG. Horizontal positions are per cent of its width and vertical ones
 * pixels, so that it fits any screen and its letters keep their size.
 */
record LengthChart(List<Bucket> buckets, Lengths lengths, int maxLength) {
  /** Pixels: rows of labels, the foot of the bars, the whole. */
  private static final int ROW = 16;

  private static final int TOP = 5 * ROW;
  private static final int FOOT = 270;
  private static final int HEIGHT = 294;
  private static final int TICKS = 5;

  /** Per cent of the width for a last bucket that is wider than the rest. */
  private static final double TAIL = 6;

  Html svg() {
    long most = buckets.stream().mapToLong(Bucket::documents).max().orElse(1);
    return Html.of(
        """
        <svg class="chart" role="img" width="100%%" height="%d" aria-label="Histogram of the \
        documents' lengths: half have at most %,d tokens, the longest %,d">
        %s<line class="rule" x1="0" x2="100%%" y1="%d" y2="%d"/>
        <text class="tick" x="100%%" y="%d" text-anchor="end">%s</text>
        %s%s%s<line class="axis" x1="0" x2="100%%" y1="%d" y2="%d"/>
        </svg>
        """,
        HEIGHT,
        lengths.p50(),
        lengths.longest(),
        maxLength < end() ? cutOff() : Html.NONE,
        TOP,
        TOP,
        TOP - 4,
        Counts.of(most, "document"),
        Html.all(buckets.stream().map(bucket -> bar(bucket, most))),
        ticks(),
        marks(),
        FOOT,
        FOOT);
  }

  private Bucket last() {
    return buckets.get(buckets.size() - 1);
  }

  private boolean hasTail() {
    return last().to() - last().from() > buckets.get(0).to();
  }

  /** The tokens that the right edge stands for: the maximum too, unless that is far beyond. */
  private int end() {
    int end = last().to() + 1;
    return hasTail() || maxLength > 2 * end ? end : Math.max(end, (int) (maxLength * 1.04));
  }

  private double x(int tokens) {
    if (!hasTail()) {
      return 100.0 * tokens / end();
    }
    int tail = last().from();
    return tokens <= tail
        ? (100 - TAIL) * tokens / tail
        : 100 - TAIL * (end() - tokens) / (end() - tail);
  }

  private Html bar(Bucket bucket, long most) {
    double width = x(bucket.to() + 1) - x(bucket.from());
    long height =
        bucket.documents() == 0
            ? 0
            : Math.max(2, Math.round((double) (FOOT - TOP) * bucket.documents() / most));
    return Html.of(
        """
        <g><title>%,d to %,d tokens: %s</title>\
        <rect class="hit" x="%.3f%%" width="%.3f%%" y="%d" height="%d"/>\
        <rect class="bar%s" x="%.3f%%" width="%.3f%%" y="%d" height="%d"/></g>
        """,
        bucket.from(),
        bucket.to(),
        Counts.of(bucket.documents(), "document"),
        x(bucket.from()),
        width,
        TOP,
        FOOT - TOP,
        bucket.from() >= maxLength ? " over" : "",
        x(bucket.from()) + 0.06 * width,
        0.88 * width,
        FOOT - height,
        height);
  }

  private Html cutOff() {
    return Html.of(
        "<rect class=\"cut\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%d\" height=\"%d\"/>\n",
        x(maxLength), 100 - x(maxLength), 0, FOOT);
  }

  private Html ticks() {
    int regular = hasTail() ? last().from() : end();
    int step = 1;
    for (int i = 0; step * TICKS < regular; i++) {
      step = i % 3 == 1 ? step / 2 * 5 : step * 2; // 1, 2, 5, 10, ...
    }
    int every = step;
    Html ticks =
        Html.all(
            Stream.iterate(every, t -> x(t) < (hasTail() ? 78 : 97), t -> t + every)
                .map(tokens -> tick(x(tokens), "middle", "", tokens)));
    return hasTail() ? Html.of("%s%s", ticks, tail()) : ticks;
  }

  private Html tail() {
    return Html.of(
        "<line class=\"break\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%d\" y2=\"%d\"/>\n%s",
        100 - TAIL, 100 - TAIL, TOP, HEIGHT - 18, tick(100, "end", "up to ", last().to()));
  }

  private static Html tick(double x, String anchor, String words, int tokens) {
    return Html.of(
        "<text class=\"tick\" x=\"%.3f%%\" y=\"%d\" text-anchor=\"%s\">%s%,d</text>\n",
        x, HEIGHT - 6, anchor, words, tokens);
  }

  /** All lines below all labels. */
  private Html marks() {
    List<Mark> marks = new ArrayList<>();
    marks.add(new Mark("", "half: ", lengths.p50(), 2));
    marks.add(new Mark("", "90 %: ", lengths.p90(), 1));
    marks.add(new Mark("", "99 %: ", lengths.p99(), 0));
    if (maxLength < end()) {
      marks.add(new Mark(" maximum", "at most ", maxLength, 3));
    }
    return Html.of(
        "%s%s",
        Html.all(marks.stream().map(this::line)), Html.all(marks.stream().map(this::label)));
  }

  private record Mark(String kind, String words, int tokens, int row) {}

  private Html line(Mark mark) {
    return Html.of(
        "<line class=\"mark%s\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%d\" y2=\"%d\"/>\n",
        mark.kind(), x(mark.tokens()), x(mark.tokens()), mark.row() * ROW + 2, FOOT);
  }

  private Html label(Mark mark) {
    boolean left = x(mark.tokens()) < 55;
    return Html.of(
        "<text class=\"mark%s\" x=\"%.3f%%\" dx=\"%d\" y=\"%d\" text-anchor=\"%s\">%s%,d</text>\n",
        mark.kind(),
        x(mark.tokens()),
        left ? 5 : -5,
        mark.row() * ROW + 12,
        left ? "start" : "end",
        mark.words(),
        mark.tokens());
  }
}
