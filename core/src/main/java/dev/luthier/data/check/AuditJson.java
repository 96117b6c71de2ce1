package dev.luthier.data.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/** A report for programs: one JSON object on one line, with the names of {@link AuditReport}. */
public final class AuditJson {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private AuditJson() {}

  /** The object's text. */
  public static String of(AuditReport report) {
    try {
      return JSON.writeValueAsString(fields(report));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report that is not JSON", e);
    }
  }

  private static Map<String, Object> fields(AuditReport report) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("spoilt", report.spoilt());
    out.put("model", report.model());
    out.put("template", report.template());
    out.put("maxLength", report.maxLength());
    out.put("files", report.files());
    report.evaluationRows().ifPresent(rows -> out.put("evaluationRows", rows));
    out.put(
        "formats",
        report.formats().stream()
            .map(
                share ->
                    Map.of(
                        "format",
                        share.format().toString(),
                        "rows",
                        share.rows(),
                        "confidence",
                        share.confidence()))
            .toList());
    out.put("rows", report.rows());
    out.put("used", report.used());
    out.put("repaired", report.repaired());
    out.put("tokens", report.tokens());
    out.put("trainedTokens", report.trainedTokens());
    out.put("lengths", report.lengths());
    out.put("histogram", report.histogram());
    out.put("cuts", report.cuts());
    out.put("stopShare", report.stopShare());
    out.put("rowsByBos", report.rowsByBos());
    out.put("languages", report.languages());
    out.put("columns", report.columns());
    out.put("findings", report.findings().stream().map(AuditJson::finding).toList());
    return out;
  }

  private static Map<String, Object> finding(Finding finding) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("kind", finding.fault().toString());
    out.put("detail", finding.detail());
    out.put("severity", finding.severity().toString());
    out.put("rows", finding.rows());
    out.put("words", finding.words());
    out.put("places", finding.places());
    out.put("advice", finding.advice());
    out.put("command", finding.command());
    return out;
  }
}
