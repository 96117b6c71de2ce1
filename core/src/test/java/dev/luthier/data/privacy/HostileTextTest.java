package dev.luthier.data.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A search whose time grows with the square of these texts would take hours, not seconds. */
class HostileTextTest {
  private static final PersonalData ALL = PersonalData.of(PrivacySettings.defaults());
  private static final int LENGTH = 1 << 20;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a@",
        "a.",
        "a",
        "@",
        "ab.c@d.ef",
        "1",
        "1 ",
        "1-",
        "12 34 ",
        "(1",
        "+1",
        "1.1.",
        "1:",
        "2001:",
        "2001::",
        "AB12 ",
        "A",
        "AA12",
        "4111 1111 1111 1111 ",
        "password=",
        "password=\"",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "://a:b",
        "://a:b@",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEMIIEMIIEMIIEMIIE",
        "[EMAIL]",
        "]",
        " ",
        "\n",
        "=",
        "sk-",
      })
  void a_mebibyte_of_it_is_searched_in_linear_time(String piece) {
    String text = piece.repeat(LENGTH / piece.length());
    List<Finding> findings =
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> ALL.find(text), piece);
    assertThat(findings).allMatch(f -> f.end() <= text.length());
  }
}
