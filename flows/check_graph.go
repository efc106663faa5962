package flows

import (
	"fmt"
	"strconv"
)

// A target is a place of the file that names a state.
type target struct {
	state string
	path  []string
}

// allTargets lists every place that names a state.
func (c *checker) allTargets() []target {
	list := []target{{c.f.Start, []string{"start"}}, {c.f.OptIn.Goto, []string{"opt_in", "goto"}}}
	for _, was := range sortedKeys(c.f.Moved) {
		list = append(list, target{c.f.Moved[was], []string{"moved", was}})
	}
	c.each(func(s *State) { list = append(list, stateTargets(s)...) })
	return list
}

func stateTargets(s *State) []target {
	list := []target{{s.Next, []string{"states", s.Name, "next"}}}
	if s.Ask != nil {
		list = append(list, target{s.Ask.Timeout.Goto, []string{"states", s.Name, "timeout", "goto"}})
	}
	for i, rule := range s.When {
		list = append(list, target{rule.Goto, []string{"states", s.Name, "when", strconv.Itoa(i), "goto"}})
	}
	return list
}

// targets reports names of states that do not exist.
func (c *checker) targets() {
	for _, t := range c.allTargets() {
		if t.state == "" || c.f.States[t.state] != nil || len(c.f.Order) == 0 {
			continue
		}
		c.add(c.src.at(t.path...), "unknown-state",
			fmt.Sprintf("state %q does not exist%s", t.state, didYouMean(t.state, c.f.Order)), c.stateAdvice())
	}
}

func (c *checker) stateAdvice() string {
	if n := len(c.f.Order); n == 0 || n > 20 {
		return "write the name of a state under `states`"
	}
	return "the states are: " + quoted(c.f.Order)
}

// reachable reports states that nothing leads to.
func (c *checker) reachable() {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		s := c.f.States[name]
		if s == nil || seen[name] {
			return
		}
		seen[name] = true
		for _, t := range stateTargets(s) {
			visit(t.state)
		}
	}
	visit(c.f.Start)
	visit(c.f.OptIn.Goto)
	for _, to := range c.f.Moved {
		visit(to)
	}
	if !seen[c.f.Start] || (c.f.OptIn.Goto != "" && !seen[c.f.OptIn.Goto]) {
		return // start or opt_in.goto is wrong: that is the problem to mend first
	}
	c.each(func(s *State) {
		if !seen[s.Name] {
			c.add(c.src.keyAt("states", s.Name), "unreachable-state", fmt.Sprintf("nothing leads to state %q", s.Name),
				"name it in a `next` or `goto`, or take the state out")
		}
	})
}

// deadEnds reports states that wait, answer nothing and lead nowhere. The start is one that people
// leave by opting in.
func (c *checker) deadEnds() {
	c.each(func(s *State) {
		silent := s.Ask == nil && len(s.When) == 0 && s.Next == "" && s.Otherwise.Say.Empty()
		if silent && s.Name != c.f.Start && !c.src.has("states", s.Name, "ask") &&
			!c.src.has("states", s.Name, "next") {
			c.add(c.src.keyAt("states", s.Name), "dead-end",
				fmt.Sprintf("nobody can leave state %q, and it answers nothing", s.Name),
				"add `next:` to go on, or `when:` or `otherwise:` so that people who write get an answer")
		}
	})
}

// cycles reports states that follow each other for ever without waiting.
func (c *checker) cycles() {
	reported := map[string]bool{}
	c.each(func(s *State) {
		seen := map[string]bool{}
		for at := s; at != nil && !at.Waits() && !reported[at.Name]; at = c.f.States[at.Next] {
			if !seen[at.Name] {
				seen[at.Name] = true
				continue
			}
			for name := range seen {
				reported[name] = true
			}
			c.add(c.src.at("states", at.Name, "next"), "cycle-without-wait",
				fmt.Sprintf("state %q leads back to itself without waiting: the bot would talk for ever", at.Name),
				"let one of the states on this way ask something, or give it `when:` or `otherwise:`")
			return
		}
	})
}

// formerStates reports former names that are states again, and moves to where nobody gets an
// answer.
func (c *checker) formerStates() {
	for _, was := range sortedKeys(c.f.Moved) {
		if c.f.States[was] != nil {
			c.add(c.src.keyAt("moved", was), "moved-state-exists",
				fmt.Sprintf("%q is said to have moved, but it is a state", was),
				"take the line out of `moved`, or give the state its new name")
			continue
		}
		to := c.f.States[c.f.Moved[was]]
		if to != nil && to.Ask == nil && len(to.When) == 0 && to.Otherwise.Say.Empty() &&
			!c.anyKey(to.Name, "ask", "when", "otherwise") {
			c.add(c.src.at("moved", was), "moved-without-answer",
				fmt.Sprintf("state %q does not wait for what people write: "+
					"who is moved there would get no answer to the next message", to.Name),
				"name a state with `ask`, `when` or `otherwise`, or give this one an `otherwise`")
		}
	}
}

// anyKey tells whether the file gives a state one of the keys, well or not.
func (c *checker) anyKey(state string, keys ...string) bool {
	for _, key := range keys {
		if c.src.has("states", state, key) {
			return true
		}
	}
	return false
}

// stateNames reports a flow without states, and states with nothing in them.
func (c *checker) stateNames() {
	if c.src.has("states") && len(c.f.Order) == 0 && len(c.list) == 0 {
		c.add(c.src.keyAt("states"), "missing-key", "the flow has no states",
			"add at least the state that `start` names")
	}
	c.each(func(s *State) {
		if s.Ask == nil && s.Next != "" && s.Waits() {
			c.add(c.src.keyAt("states", s.Name, "next"), "misplaced-key",
				`"next" has no effect here: the state waits for what people write`,
				"take `next` out, or `when` and `otherwise`")
		}
	})
}
