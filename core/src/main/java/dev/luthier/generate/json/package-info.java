/**
 * Keeping what a model writes to a form.
 *
 * <p>{@link dev.luthier.generate.json.JsonConstraints} is the way in. A schema becomes a {@link
 * dev.luthier.generate.json.Grammar} over bytes; an automaton with a stack reads it, and the
 * vocabulary, as a tree of bytes, is walked along with it: what the automaton can read may be
 * written next. Masks are remembered with the automaton's states, so that the walk is done once for
 * each place of a document and not for each token.
 *
 * <pre>{@code
 * JsonConstraints constraints = new JsonConstraints(tokenizer, language.defaults().stopIds());
 * TokenConstraint constraint = constraints.schema(schema); // one for each text
 * constraint.restrict(scores); // minus infinity for what cannot follow
 * constraint.accept(id);
 * }</pre>
 */
@NullMarked
package dev.luthier.generate.json;

import org.jspecify.annotations.NullMarked;
