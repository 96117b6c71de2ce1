package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.check.AuditReport.SourceFile;
import dev.luthier.data.check.Finding.Place;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Findings of a page, each to be opened.
 *
 * @param files that places name
 * @param rows of the set
 */
record FindingList(List<SourceFile> files, long rows) {
  /** A flag of a command, or what stands between two. */
  private static final Pattern FLAG = Pattern.compile("(?s)--[a-z]+(?= )|.+?(?=--[a-z]+ |\\z)");

  /** Those of one severity, under a heading. */
  Html group(Severity severity, List<Finding> findings) {
    if (findings.isEmpty()) {
      return Html.NONE;
    }
    return Html.of(
        """
        <section class="group %s" aria-labelledby="%s">
        <h3 id="%s">%s <span class="count">%d</span></h3>
        %s</section>
        """,
        severity,
        severity,
        severity,
        switch (severity) {
          case ERROR -> "Would spoil a run";
          case WARNING -> "Worth a look";
          case NOTE -> "Notes";
        },
        findings.size(),
        Html.all(findings.stream().map(this::finding)));
  }

  private Html finding(Finding finding) {
    return Html.of(
        """
        <details class="finding" data-kind="%s"%s>
        <summary><span class="words">%s</span>%s</summary>
        <div class="body">%s%s%s</div>
        </details>
        """,
        finding.fault(),
        finding.severity() == Severity.ERROR ? new Html(" open=\"\"") : "",
        finding.words(),
        finding.rows() == 0
            ? ""
            : Html.of("<span class=\"share\">%s</span>", Counts.percent(finding.rows(), rows)),
        advice(finding.advice()),
        command(finding.command()),
        finding.places().isEmpty() ? "" : places(finding));
  }

  private static Html advice(String advice) {
    return advice.isEmpty() ? Html.NONE : Html.of("<p class=\"advice\">%s</p>\n", sentence(advice));
  }

  private static Html command(String command) {
    return command.isEmpty()
        ? Html.NONE
        : Html.of(
            """
            <div class="command"><pre tabindex="0" aria-label="Command">%s</pre>\
            <button type="button" class="copy" hidden="hidden">Copy</button></div>
            """,
            Html.all(FLAG.matcher(command).results().map(FindingList::word)));
  }

  /** Browsers would break a line after a flag's hyphens. */
  private static Html word(MatchResult word) {
    return Html.of(
        word.group().startsWith("--") ? "<span class=\"flag\">%s</span>" : "%s", word.group());
  }

  private static String sentence(String words) {
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  private Html places(Finding finding) {
    List<Place> places = finding.places();
    boolean shows = places.stream().anyMatch(place -> !place.evidence().isEmpty());
    String caption =
        places.size() < finding.rows()
            ? String.format(Locale.ROOT, "The first %,d of %,d rows", places.size(), finding.rows())
            : places.size() == 1
                ? "The row"
                : String.format(Locale.ROOT, "All %,d rows", places.size());
    return Html.of(
        """
        <div class="scroll" tabindex="0" role="region" aria-label="%s"><table>
        <caption>%s</caption>
        <thead><tr>%s<th scope="col" class="number">Row</th>%s</tr></thead>
        <tbody>
        %s</tbody></table></div>
        """,
        caption,
        caption,
        files.size() > 1 ? new Html("<th scope=\"col\">File</th>") : "",
        shows ? new Html("<th scope=\"col\">What shows it</th>") : "",
        Html.all(places.stream().map(place -> place(place, shows))));
  }

  private Html place(Place place, boolean shows) {
    return Html.of(
        "<tr>%s<td class=\"number\">%d</td>%s</tr>\n",
        files.size() > 1
            ? Html.of("<td class=\"path\">%s</td>", files.get(place.file()).path())
            : "",
        place.row(),
        shows
            ? Html.of("<td class=\"evidence\" dir=\"auto\">%s</td>", Html.shown(place.evidence()))
            : "");
  }
}
