package app

// mendOptouts says what to do about an optouts.log that is not the database's.
const mendOptouts = "Stop the bot, and bring the right file back, or move this one away: `optinbot run` then writes it anew from the database. " +
	"Until then a restored backup may not know who left; everybody who stops is recorded as ever"
