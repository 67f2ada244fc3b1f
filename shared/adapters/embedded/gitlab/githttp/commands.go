package githttp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

const (
	maxCommands = 10000
	zero        = "0000000000000000000000000000000000000000"
)

// command is one reference that a push wants to change.
type command struct{ before, after, ref string }

// inspect reads the commands at the head of a push and asks the owner of the project about
// each. replay is the whole body again.
func inspect(body io.Reader, a Answer) (force bool, refusal string, replay io.Reader, err error) {
	var read bytes.Buffer
	in := bufio.NewReader(body)
	commands, err := readCommands(io.TeeReader(in, &read))
	if err != nil {
		return false, "", nil, err
	}
	force = true
	for _, c := range commands {
		if a.Refuse != nil {
			if text := a.Refuse(c.ref, c.after == zero); text != "" {
				return false, text, nil, nil
			}
		}
		if a.NoForce != nil && a.NoForce(c.ref) {
			force = false
		}
	}
	return force, "", io.MultiReader(&read, in), nil
}

// readCommands reads pkt-lines "old new ref" up to the flush packet. It reads exactly
// that far.
func readCommands(r io.Reader) ([]command, error) {
	var list []command
	for len(list) < maxCommands {
		line, flush, err := readPacket(r)
		if flush || errors.Is(err, io.EOF) {
			return list, nil // an empty body is how clients probe
		}
		if err != nil {
			return nil, err
		}
		text, _, _ := strings.Cut(line, "\x00")
		text = strings.TrimSuffix(text, "\n")
		if strings.HasPrefix(text, "shallow ") {
			continue
		}
		parts := strings.SplitN(text, " ", 3)
		if len(parts) != 3 || len(parts[0]) != len(zero) || len(parts[1]) != len(zero) {
			return nil, errors.New("a push command is malformed")
		}
		list = append(list, command{parts[0], parts[1], parts[2]})
	}
	return nil, errors.New("a push changes too many references")
}

func readPacket(r io.Reader) (line string, flush bool, err error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return "", false, err
	}
	n, err := strconv.ParseUint(string(size[:]), 16, 16)
	if err != nil || (n != 0 && n < 4) {
		return "", false, errors.New("a packet length is malformed")
	}
	if n == 0 {
		return "", true, nil
	}
	buf := make([]byte, n-4)
	if _, err := io.ReadFull(r, buf); err != nil {
		return "", false, errors.New("a packet is cut off")
	}
	return string(buf), false, nil
}
