package dev.luthier.data.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens are put together here so that no scanner of repositories takes them for real ones. */
class SecretsTest {
  private static final PersonalData ALL = PersonalData.of(PrivacySettings.defaults());
  private static final String RANDOM =
      "q7RbX2mKd9TzWc4VnYp8LhGs3JfAe6Uo1QtBxNrMvCkDyZwPiHg5SjFa0EluOI";

  @ParameterizedTest
  @CsvSource({
    "AKIA, 0",
    "ghp_, 36",
    "github_pat_, 40",
    "glpat-, 20",
    "xoxb-, 30",
    "sk-, 48",
    "sk-proj-, 60",
    "sk-ant-api03-, 60",
    "AIza, 35",
    "sk_live_, 24",
    "hf_, 34",
  })
  void tokens_with_a_prefix(String prefix, int length) {
    String token = prefix + (length == 0 ? "QRT7XKZM4WYHN2PL" : RANDOM.substring(0, length));
    assertThat(ALL.redact("use " + token + ".")).as(token).isEqualTo("use [SECRET].");
    String dull = prefix + (length == 0 ? "X" : "x").repeat(length == 0 ? 16 : length);
    assertThat(ALL.find("use " + dull)).as(dull).isEmpty();
    assertThat(ALL.find("use " + token.substring(0, prefix.length() + 9))).isEmpty();
  }

  @Test
  void web_tokens() {
    String header = "eyJhbGciOiJIUzI1NiJ9";
    String payload = "eyJzdWIiOiIxMjM0NTY3ODkwIn0";
    assertThat(ALL.redact("cookie " + header + "." + payload + "." + RANDOM))
        .isEqualTo("cookie [SECRET]");
    assertThat(ALL.find(header + "." + payload)).isEmpty();
  }

  @Test
  void private_keys_also_cut_off() {
    String begin = "-----BEGIN RSA PRIVATE " + "KEY-----\n";
    String end = "\n-----END RSA PRIVATE " + "KEY-----";
    String key = RANDOM + "\n" + RANDOM + "\n" + RANDOM;
    assertThat(ALL.redact("key:\n" + begin + key + end + "\nthat is all"))
        .isEqualTo("key:\n[SECRET]\nthat is all");
    assertThat(ALL.redact(begin + key + "\nand so on")).isEqualTo("[SECRET]\nand so on");
    assertThat(ALL.redact(begin.replace("\n", "\\n") + key.replace("\n", "\\n") + "\""))
        .isEqualTo("[SECRET]\"");
    assertThat(ALL.find(begin + "..." + end)).isEmpty();
    assertThat(ALL.find("-----BEGIN PUBLIC KEY-----\n" + key)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "password=hunter2x | password=[SECRET]",
        "Password: rT8$jLpZ. | Password: [SECRET].",
        "DB_PASSWORD = 'tr0ub4dor&3' | DB_PASSWORD = '[SECRET]'",
        "{\"password\": \"a9B7fG3Z1\"} | {\"password\": \"[SECRET]\"}",
        "api_key: q7RbX2mKd9TzWc4V, | api_key: [SECRET],",
        "Authorization: Bearer q7RbX2mKd9TzWc4Vn | Authorization: Bearer [SECRET]",
        "AWS_SECRET_ACCESS_KEY=q7RbX2mKd9TzWc4V/nYp8LhGs3JfAe6Uo1QtBxNr | AWS_SECRET_ACCESS_KEY=[SECRET]",
        "postgres://ann:s3cr3tly@db.acme.io:5432/x | postgres://[SECRET]/x",
      })
  void values_beside_their_names(String text, String redacted) {
    assertThat(ALL.redact(text)).isEqualTo(redacted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Password: must be at least 8 characters",
        "password = input('Password: ')",
        "password=password123",
        "password: <your-password-1>",
        "password = os.environ1.get",
        "password = ${DB_PASSWORD1}",
        "password = config.password1",
        "max_tokens: 123456789012345678abc",
        "token: 12",
        "secret: the-quick-brown-fox jumps",
        "api_key = YOUR_API_KEY_HERE_PLEASE",
        "postgres://user:password@localhost/x",
        "https://ann@acme.test/x",
        "https://acme.io:8080/a@b",
        "the password is long",
      })
  void no_secrets(String text) {
    assertThat(ALL.find(text)).isEmpty();
  }
}
