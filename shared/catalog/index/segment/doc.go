// Package segment owns the immutable pieces that an index is made of: a number of documents,
// the terms they can be found by, and their bodies, as one run of bytes that is searched as it
// lies there. Opening one checks its checksums and parses nothing.
//
// Documents are numbered in order of uid. Every (field, value) is a term; all terms stand in
// order of field, lower-cased value, value as written, and are numbered through. A term's
// posting says which documents have it. Fields whose name begins with a zero byte are the
// segment's own: refs, and the words of the fields that full text is searched in.
//
//	header     magic, counts, a place and a CRC-32C for each section
//	names      the fields' names, one behind the other
//	fields     per field: end of its name, first term, postings of "has it" and "has it, not comparable"
//	blocks     where every 16th term begins
//	terms      values, each coded against its predecessor by what they begin and end with alike
//	postings   per term: the one document, or where the list or bitmap lies
//	lists      document lists and bitmaps
//	folded     terms that differ from their predecessor in case only
//	documents  per document: the terms of its ref and its uid, end of its body
//	bodies     S2 blocks, each by itself
//	dicts      the dictionaries of the bodies
//	grams      per word field: pieces of one to three bytes → words that hold them
//
// All numbers are little endian. Every reading function takes any bytes: what is damaged in
// spite of its checksum gives wrong answers, never a panic or a read elsewhere.
//
// A Builder makes a segment from rows in any order, Merge one from several. It knows nothing
// of entities, predicates or which documents are still alive: the index does.
package segment
