package dev.luthier.data.quality;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Phrases of assistants that a set should not teach unasked. Lists as those that Vicuna, UltraChat
 * and OpenHermes were cleaned with, narrowed to what the beginning or the end of an answer says.
 */
final class Phrases {
  private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE;

  /** What an assistant declines to do, after "I can't". */
  private static final String DO =
      "(?:\\w+ )?(?:help|assist|fulfill?|provide|comply|answer|generate|create|complete|support"
          + "|engage|discuss|offer|participate|access|browse|write|produce|respond|share|do (?:that"
          + "|this)|continue|recommend|perform|process|retrieve|display)\\b";

  private static final String NO_ABILITY =
      "(?:do not|don't)(?: currently)? (?:have|possess) (?:access|the (?:ability|capability|capacity"
          + "|data)|real-time|personal|emotions|physical|feelings)";

  private static final String I_CANT =
      "I(?: am|'m)?(?: currently| simply)? (?:"
          + NO_ABILITY
          + "|(?:can't|can ?not|unable to|not able"
          + " to|won't|will not|not programmed to) "
          + DO
          + ")";

  private static final String MODEL =
      "as an? (?:large |responsible |ethical )*(?:AI|artificial intelligence|language model|chatbot"
          + "|virtual assistant)\\b";

  private static final List<Pattern> REFUSALS =
      patterns(
          "(?:(?:I'm|I am|my) )?(?:\\w+ )?(?:sorry|apologies|I apologi[sz]e|unfortunately)[,.]? (?:but"
              + " )?(?:"
              + MODEL
              + "[^.!?\n]{0,30}, )?(?:"
              + I_CANT
              + "|(?:I am|I'm) an AI\\b|(?:that|this|your) (?:request |prompt )?goes against)",
          "I(?: am|'m)?(?: simply)? (?:can't|cannot|unable to|not able to|won't) (?:fulfill?|comply with"
              + "|(?:assist|help)(?: you)? with|provide (?:any |you with )?(?:information|assistance)"
              + "|engage in|participate in|generate content)\\b",
          MODEL
              + "[^.!?\n]{0,60}?,? I (?:can't|cannot|am unable|am not (?:able|capable|programmed)"
              + "|do not (?:have|possess|experience|engage)|don't (?:have|possess|experience|engage)"
              + "|lack)",
          "(?:I am|I'm) (?:just |only )?an AI\\b[^.!?\n]{0,40}(?:can't|cannot|do not have|don't have|do"
              + " not possess|unable to|not capable)",
          "(?:this|the) (?:\\w+ ){0,4}(?:task|instruction|request)\\b[^.!?\n]{0,80}cannot be"
              + " (?:performed|completed|done|fulfilled) by an? (?:GPT|AI|language|text)",
          "(?:es )?tut mir leid,? (?:aber )?(?:ich kann|als (?:KI|Sprachmodell))",
          "als (?:ein )?(?:KI|künstliche Intelligenz|Sprachmodell)[^.!?\n]{0,40} (?:kann|bin|habe) ich"
              + "[^.!?\n]{0,60} (?:nicht|keine?)",
          "(?:je suis )?désolée?,? (?:mais )?je ne (?:peux|suis) pas",
          "en tant (?:qu'|que )(?:IA|intelligence artificielle|modèle de langage|assistant)"
              + "[^.!?\n]{0,40} je ne",
          "lo siento,? (?:pero )?no puedo",
          "como (?:una? )?(?:IA|inteligencia artificial|modelo de lenguaje)[^.!?\n]{0,40} no (?:puedo"
              + "|tengo)",
          "(?:很抱歉|对不起|抱歉)[，,]?\\s*(?:但是?)?(?:我|作为)[^。]{0,20}(?:无法|不能)",
          "作为(?:一个|一名)?(?:AI|人工智能|语言模型|大型语言模型)[^。]{0,20}(?:无法|不能|没有)");

  private static final List<Pattern> OPENINGS =
      patterns(
          "(?:sure|certainly|of course|absolutely|no problem)(?: thing)?[!,.]+ (?:here(?:'s|’s| is|"
              + " are)|I(?:'d| would) be happy to)",
          "(?:#+ ?)?(?:output|response|answer|assistant|AI|bot|completion) ?:",
          "(?:selbstverständlich|natürlich|gerne?)[!,.]+ hier (?:ist|sind)",
          "bien sûr ?[!,.]+ voici",
          "(?:claro|por supuesto)[!,.]+ aquí (?:está|tienes|te)",
          "当然[！，。](?:以下|这是|这里)");

  private static final List<Pattern> ANYWHERE =
      patterns(
          "\\bas an? (?:large )?(?:AI language model|language model|AI model|AI assistant|AI"
              + "\\b,|artificial intelligence(?: language)? model)",
          "\\bI(?:'m| am|’m) (?:just |only )?an? (?:AI language model|AI model|large language model"
              + "|language model)",
          "\\bmy (?:knowledge|training)(?: data)? ?(?:cutoff|cut-off|only goes|goes|ends|was last)",
          "\\bas of my (?:last|latest|most recent|current) (?:knowledge |training |data )*(?:update"
              + "|cutoff|cut-off|training)",
          "\\b(?:I|me)\\b[^.!?\n]{0,30} trained (?:on data )?(?:up to|until) (?:\\w+ )?20\\d\\d",
          "\\b(?:OpenAI|ChatGPT)\\b[^.!?\n]{0,20}(?:\\bmy (?:developer|creator|maker)s?\\b)",
          "\\bals (?:KI-)?Sprachmodell\\b",
          "en tant que modèle de langage",
          "como (?:un )?modelo de lenguaje",
          "作为(?:一个|一名)?(?:AI|人工智能|大型)?语言模型");

  private static final List<Pattern> CLOSINGS =
      patterns(
          "I hope (?:this|that|it) (?:helps|was helpful|is helpful|answers your question)",
          "let me know if you (?:have|need) any (?:other|more|further|additional) (?:questions|help"
              + "|assistance|information|clarification)",
          "(?:is there )?anything else I can help you with",
          "ich hoffe,? (?:das|dies) hilft",
          "j'espère que cela vous (?:aide|aidera)",
          "espero que (?:esto )?(?:te |le )?(?:ayude|sirva)",
          "希望(?:这|以上)?[^。]{0,10}(?:帮助|有帮助)");

  /** Characters at whose beginning a refusal stands. */
  private static final int BEGINNING = 200;

  private static final int END = 160;

  private static final String CLAUSE_END = ".!?,;:。！？，-—–";

  private Phrases() {}

  /**
   * Returns the words in which an answer declines, from the start of a sentence or clause among its
   * first 200 characters.
   */
  static Optional<String> refusal(String answer) {
    String beginning = answer.substring(0, Math.min(answer.length(), 2 * BEGINNING));
    for (int start = 0; start < Math.min(beginning.length(), BEGINNING); start++) {
      if (startsClause(beginning, start)) {
        for (Pattern pattern : REFUSALS) {
          Matcher matcher = pattern.matcher(beginning).region(start, beginning.length());
          if (matcher.lookingAt()) {
            return Optional.of(matcher.group());
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Returns the first words of an answer that every assistant says and nobody asked for. */
  static Optional<String> boilerplate(String answer) {
    String text = answer.strip();
    for (Pattern pattern : OPENINGS) {
      Matcher matcher = pattern.matcher(text);
      if (matcher.lookingAt()) {
        return Optional.of(matcher.group());
      }
    }
    Optional<String> anywhere = find(ANYWHERE, text);
    return anywhere.isPresent()
        ? anywhere
        : find(CLOSINGS, text.substring(Math.max(0, text.length() - END)));
  }

  private static Optional<String> find(List<Pattern> patterns, String text) {
    for (Pattern pattern : patterns) {
      Matcher matcher = pattern.matcher(text);
      while (matcher.find()) {
        if (!isQuoted(text, matcher.start())) {
          return Optional.of(matcher.group());
        }
      }
    }
    return Optional.empty();
  }

  /** A phrase in quotation marks is somebody else's: of a character, or of an example. */
  private static boolean isQuoted(String text, int at) {
    return at > 0 && "\"“„«'‘「".indexOf(text.charAt(at - 1)) >= 0;
  }

  private static boolean startsClause(String text, int at) {
    if (Character.isWhitespace(text.charAt(at))) {
      return false;
    }
    int i = at - 1;
    while (i >= 0 && Character.isWhitespace(text.charAt(i))) {
      i--;
    }
    // Chinese and Japanese punctuation has no space after it.
    return i < 0
        || ((i < at - 1 || text.charAt(i) > 0x2E80) && CLAUSE_END.indexOf(text.charAt(i)) >= 0);
  }

  private static List<Pattern> patterns(String... expressions) {
    return List.of(expressions).stream()
        .map(e -> Pattern.compile(e.replace("'", "['’]"), FLAGS))
        .toList();
  }
}
