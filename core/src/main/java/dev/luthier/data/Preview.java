package dev.luthier.data;

import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.IncrementalDecoder;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The first rows of a file as they will be trained, and the account of all of them.
 *
 * @param report of the whole file
 * @param rows the first rows that can be used
 */
public record Preview(DataReport report, List<PreviewRow> rows) {
  public Preview {
    rows = List.copyOf(rows);
  }

  /**
   * @param row 1-based number of the row in its file
   * @param tokens T
   * @param trained tokens that count in the loss
   * @param segments the text in order, cut where training starts or stops
   */
  public record PreviewRow(int row, int tokens, int trained, List<Segment> segments) {
    public PreviewRow {
      segments = List.copyOf(segments);
    }
  }

  /**
   * A stretch of text whose tokens are all trained, or all read.
   *
   * @param ids of its tokens
   * @param pieces of its text, one for each token; empty for all but the last token of a character
   *     that takes several
   */
  public record Segment(boolean trained, List<Integer> ids, List<String> pieces) {
    public Segment {
      ids = List.copyOf(ids);
      pieces = List.copyOf(pieces);
    }

    /** Its text. */
    public String text() {
      return String.join("", pieces);
    }
  }

  /**
   * Reads and encodes the whole file. Rows that would stop a run are counted and listed instead.
   *
   * @param count how many rows to show
   */
  public static Preview of(DataPipeline pipeline, Path file, int count) {
    List<PreviewRow> rows = new ArrayList<>();
    Tokenizer tokenizer = pipeline.encoder().tokenizer();
    TrainingData data =
        pipeline.survey(
            file,
            row -> {
              if (rows.size() < count) {
                rows.add(row(row, tokenizer));
              }
            });
    return new Preview(data.report(), rows);
  }

  /** A row as it is trained. */
  public static PreviewRow row(EncodedRow row, Tokenizer tokenizer) {
    Encoding encoding = row.encoding();
    int[] labels = row.sequence().labels();
    List<Segment> segments = new ArrayList<>();
    int shown = 0;
    int t = 0;
    while (t < labels.length) {
      boolean trained = labels[t] != TokenSequence.IGNORED;
      List<Integer> ids = new ArrayList<>();
      List<String> pieces = new ArrayList<>();
      while (t < labels.length && (labels[t] != TokenSequence.IGNORED) == trained) {
        int id = encoding.ids()[t];
        int end = encoding.ends()[t];
        // BOS that the tokenizer puts stands for nothing in the text
        boolean put = encoding.starts()[t] == end && tokenizer.specialIds().contains(id);
        ids.add(id);
        pieces.add(end > shown ? row.text().substring(shown, end) : put ? tokenizer.token(id) : "");
        shown = Math.max(shown, end);
        t++;
      }
      segments.add(new Segment(trained, ids, pieces));
    }
    return new PreviewRow(
        row.sequence().row(), row.sequence().length(), row.sequence().trained(), segments);
  }

  /**
   * A document whose text is no longer known, decoded; a character whose tokens are partly trained
   * stands where its last token is.
   */
  public static PreviewRow decoded(TokenSequence document, Tokenizer tokenizer) {
    int[] labels = document.labels();
    IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, false);
    List<Segment> segments = new ArrayList<>();
    int t = 0;
    while (t < labels.length) {
      boolean trained = labels[t] != TokenSequence.IGNORED;
      List<Integer> ids = new ArrayList<>();
      List<String> pieces = new ArrayList<>();
      while (t < labels.length && (labels[t] != TokenSequence.IGNORED) == trained) {
        String piece = decoder.next(document.tokens()[t]);
        ids.add(document.tokens()[t]);
        t++;
        pieces.add(t == labels.length ? piece + decoder.finish() : piece);
      }
      segments.add(new Segment(trained, ids, pieces));
    }
    return new PreviewRow(document.row(), document.length(), document.trained(), segments);
  }
}
