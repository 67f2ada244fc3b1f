package segment

import (
	"sync"
)

// Segment is an opened segment. It is safe for concurrent use.
type Segment struct {
	header
	data   []byte
	id     string
	bodies bodyReader
	refs   refs

	columnsOf Columns
	mu        sync.Mutex // guards columns
	columns   []*Column  // the one used last at the end
}

// Columns bounds what a segment keeps of the orders it was asked for.
type Columns struct {
	Most int // columns kept in memory
}

// Open makes bytes a segment; they must not change any more. Internal when they are damaged.
func Open(data []byte, columns Columns) (*Segment, error) {
	h, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	s := &Segment{header: h, data: data, id: identity(data), columnsOf: columns}
	if s.bodies, err = newBodyReader(h.section[secDicts]); err != nil {
		return nil, err
	}
	return s, nil
}

// ID names the segment: equal contents, equal ids.
func (s *Segment) ID() string { return s.id }

// Bytes gives what the segment consists of. They must not be changed.
func (s *Segment) Bytes() []byte { return s.data }

// Docs gives the number of documents, dead or alive.
func (s *Segment) Docs() int { return s.docs }

// Ref gives the canonical ref of a document.
func (s *Segment) Ref(doc uint32) string {
	return s.Value(u32(s.section[secDocuments], int(doc)*docSize))
}

// UID gives the uid of a document.
func (s *Segment) UID(doc uint32) string {
	return s.Value(u32(s.section[secDocuments], int(doc)*docSize+4))
}

// FindUID gives the first document with a uid.
func (s *Segment) FindUID(uid string) (uint32, bool) { return s.findOne(uidField, uid) }

func (s *Segment) findOne(field, value string) (uint32, bool) {
	f, ok := s.own(field)
	if !ok {
		return 0, false
	}
	term, ok := f.firstWith(value)
	if !ok {
		return 0, false
	}
	return s.document(term)
}

// UIDBounds gives the number of documents with a smaller uid, and that of those with none
// greater.
func (s *Segment) UIDBounds(uid string) (lower, upper int) {
	f, ok := s.own(uidField)
	if !ok {
		return 0, 0
	}
	return s.docsBefore(f, f.lowerBound(uid, false)), s.docsBefore(f, f.lowerBound(uid, true))
}

// docsBefore gives the number of documents whose uid comes before a term.
func (s *Segment) docsBefore(uids Field, term uint32) int {
	if term >= uids.end {
		return s.docs
	}
	return min(s.docs, int(s.Posting(term).First()))
}

// Body gives what is stored of a document.
func (s *Segment) Body(doc uint32) (Body, error) {
	block := s.block(doc)
	if block == nil {
		return Body{}, damaged("document %d has no body", doc)
	}
	return s.bodies.read(block)
}

// AppendJSON appends the entity as it is shown to dst.
func (s *Segment) AppendJSON(dst []byte, doc uint32) ([]byte, error) {
	block := s.block(doc)
	if block == nil {
		return dst, damaged("document %d has no body", doc)
	}
	return s.bodies.appendJSON(dst, block)
}

// line is what a processor takes from memory at once, in bytes.
const line = 64

// Approach reads a little of a document's body, which is read as a whole soon, and gives what is
// good for nothing else. Memory answers several such questions at a time, as none waits for
// another; where documents are read one after the other each does.
func (s *Segment) Approach(doc uint32) (sum uint32) {
	block := s.block(doc)
	for at := 0; at < len(block); at += line {
		sum += uint32(block[at])
	}
	return sum
}

// block gives the compressed body of a document.
func (s *Segment) block(doc uint32) []byte {
	if int(doc) >= s.docs {
		return nil
	}
	begin := 0
	if doc > 0 {
		begin = int(u32(s.section[secDocuments], int(doc)*docSize-4))
	}
	return cut(s.section[secBodies], begin, int(u32(s.section[secDocuments], int(doc)*docSize+8))-begin)
}
