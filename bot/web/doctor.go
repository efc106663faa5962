package web

import (
	"cmp"
	"context"
	"slices"

	"optinbot/bot/desk"
)

// doctor says what is wrong with the machine, the files and the numbers, and what to do.
func (s *Server) doctor() screen {
	examine := func(v *visit) error {
		return s.examined(v).begin(v, "", func(ctx context.Context) ([]desk.Finding, error) {
			found, err := v.Desk.Examine(ctx)
			return found.Findings, err
		})
	}
	return screen{
		path: "/doctor", name: "doctor", area: "doctor",
		show: func(v *visit) (any, error) {
			if found := s.examined(v).look(); found.At.IsZero() && !found.Running {
				if err := examine(v); err != nil {
					return nil, err
				}
			}
			return newDoctorView(s.examined(v).look()), nil
		},
		acts: map[string]func(*visit) (string, error){
			"": func(v *visit) (string, error) { return "", examine(v) },
		},
	}
}

// examined is the last examination that whoever visits may see: those who may see only some numbers
// have one of their own.
func (s *Server) examined(v *visit) *work[[]desk.Finding] {
	s.examinedMu.Lock()
	defer s.examinedMu.Unlock()
	key := ""
	for _, number := range v.who.Numbers {
		key += number + " "
	}
	if s.examinations[key] == nil {
		s.examinations[key] = &work[[]desk.Finding]{}
	}
	return s.examinations[key]
}

// A doctorView is what the doctor shows, what is to be done first.
type doctorView struct {
	workFound[[]desk.Finding]
	ToDo int
}

func newDoctorView(found workFound[[]desk.Finding]) *doctorView {
	v := &doctorView{workFound: found}
	v.Found = slices.Clone(found.Found)
	worse := map[bool]int{false: 0, true: 1}
	slices.SortStableFunc(v.Found, func(a, b desk.Finding) int { return cmp.Compare(worse[a.OK], worse[b.OK]) })
	for _, f := range v.Found {
		if !f.OK {
			v.ToDo++
		}
	}
	return v
}
