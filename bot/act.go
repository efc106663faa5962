package bot

// An Act is something done to one contact, decided by what is known of them now. It returns their
// new state and what is to come of it, or an error, and then nothing happens. An Act changes
// nothing itself, so the store may ask it again about the same contact. What it means to do the
// same act to somebody twice stands with each act: one that is called repeatable changes nothing
// more the second time.
type Act func(Env, Contact) (Contact, []Effect, error)
