//! Given names people go by, full and short, in both languages, as they are written.
//!
//! **Never here:** surnames, which are known by their shape.

pub(super) const RUSSIAN: &str = "\
Александр Александра Алексей Алина Алиса Алёна Алла Альберт Альбина Альфия Анастасия Анатолий Ангелина \
Андрей Анжела Анжелика Анна Антон Антонина Аня Арина Аркадий Арсений Арсен Артур Артём Артемий Ася Ашот Армен \
Азамат Айгуль Айрат Алан Али Амина Анвар Арам Аслан Ахмед Беслан Богдан Борис Боря Вадим Валентин Валентина \
Валера Валерий Валерия Валя Ваня Варвара Варя Василий Василиса Вася Вера Вероника Виктор Виктория Вика Витя \
Виталий Виталик Влад Владимир Владислав Владислава Владлен Вова Володя Всеволод Вячеслав Галина Галя Гена \
Геннадий Георгий Герман Глеб Гоша Григорий Гриша Гульнара Гузель Давид Дамир Даниил Данила Данил Даня Дарья Даша \
Денис Дима Димон Диана Динара Дина Дмитрий Ева Евгений Евгения Егор Екатерина Елена Елизавета Ефим Женя Жанна \
Захар Зинаида Зина Зоя Ибрагим Иван Игнат Игорь Ильдар Ильяс Илья Инга Инна Ира Иракли Ирина Ислам Каринэ Карина Карен Катя \
Катерина Кира Кирилл Клавдия Клара Константин Костя Кристина Ксения Ксюша Лада Лара Лариса Лев Лена Леонид \
Лера Леся Лида Лидия Лиза Лилия Лия Лёня Лёша Лёха Люба Любовь Люда Людмила Люся Магомед Майя Макар Максим Макс Марат \
Маргарита Марина Мария Марк Маруся Марта Маша Матвей Милана Мила Мирон Мирослав Михаил Миша Мурат Муса Надежда \
Надя Назар Настя Наталия Наталья Наташа Николай Никита Никола Нелли Ника Нина Нонна Оксана Олег Олеся Ольга Оля \
Павел Паша Пётр Петя Платон Полина Поля Прохор Равиль Раиса Рая Рамиль Рашид Регина Ренат Рената Рафаэль Римма Рита Родион Роза \
Роман Рома Ростислав Рустам Руслан Савелий Сабина Саша Санёк Саня Света Светлана Святослав Семён Серафим Серафима Сергей \
Серёга Серёжа Слава Снежана Софья София Соня Станислав Стас Степан Стёпа Стефания Сулейман Таисия Тамара Тамерлан Таня Тарас \
Татьяна Тигран Тимофей Тимур Тимурлан Толик Толя Тоня Ульяна Уля Фарид Фатима Фаина Федя Феликс Филипп Фёдор Христина Цветана Шамиль Эдик \
Эдуард Эльвира Эльдар Эльмира Элина Эмилия Эмиль Эмма Эрик Эльза Юлиан Юлия Юля Юра Юрий Юрик Яков Ян Яна Яночка Ярослав \
Ярослава Яша Гриня Коля Колян Лёва Мишаня Ниночка Иринка Катюша Танюша Серый Витёк Вован Тоха Антоха Андрюха Андрюша Илюша Никитос Ростик \
Радик Гоар Гия Гоги Вано Георг Нурлан Ербол Бахтияр Фёкла Агата Аглая Аделина Адель Аида Аксинья Камила Камилла Лейла Мадина Зарина Залина Злата Яромир \
Пелагея Прасковья Марьяна Мария-Анна Владлена Венера Вениамин Веня Викентий Геля Глафира Демид Демьян Добрыня Евдокия Епифан Иннокентий Кузьма Лука Мефодий Нестор \
Октябрина Остап Панкрат Розалия Рудольф Севастьян Тихон Трофим Устинья Фома Эвелина Элеонора Элла Эля Юнона";

pub(super) const ENGLISH: &str = "\
Aaron Abby Abigail Adam Adrian Agnes Alan Albert Alex Alexander Alexandra Alexis Alfred Ali Alice Alicia Alison Allen \
Allison Amanda Amber Amelia Amy Andrea Andrew Andy Angela Anita Ann Anna Anne Annie Anthony Antonio Arthur Ashley Audrey \
Barbara Barry Beatrice Becky Ben Benjamin Bernard Beth Betty Beverly Bill Billy Bob Bobby Bradley Brandon Brenda \
Brian Bruce Bryan Calvin Cameron Carl Carla Carlos Carol Caroline Carolyn Catherine Cathy Charles Charlie Charlotte Cheryl \
Chloe Chris Christian Christina Christine Christopher Cindy Claire Clara Clark Colin Connor Craig Crystal Cynthia Dan \
Daniel Danielle Danny Dave David Dean Deborah Debra Denise Dennis Derek Diana Diane Dmitry Don Donald Donna Doris Dorothy Doug \
Douglas Dylan Ed Eddie Edith Edward Elaine Eleanor Elena Eli Elijah Elizabeth Ella Ellen Emily Emma Eric Erica Erin Ethan \
Eugene Eva Evan Evelyn Faith Felix Fiona Florence Frances Frank Fred Gabriel Gail Gary George Gerald Gina Gladys Gloria Gordon \
Grace Graham Greg Gregory Hannah Harold Harriet Harry Heather Helen Henry Howard Hugh Ian Igor Irene Iris Isaac Isabella Ivan \
Jack Jackie Jackson Jacob Jake James Jamie Jane Janet Janice Jason Jay Jean Jeff Jeffrey Jennifer Jenny Jeremy Jerry Jesse Jessica \
Jill Jim Jimmy Joan Joanna Joe Joel John Johnny Jon Jonathan Jordan Jose Joseph Josh Joshua Joyce Juan Judith Judy Julia Julian \
Julie June Justin Karen Kate Katherine Kathleen Kathryn Kathy Katie Keith Kelly Ken Kenneth Kevin Kim Kimberly Kyle Larry \
Laura Lauren Laurence Lawrence Lee Leo Leonard Leslie Lewis Lily Linda Lisa Liz Logan Lois Louis Louise Lucas Lucy Luke Lydia Lynn \
Madison Maggie Marc Marcus Margaret Maria Marie Marilyn Marina Marion Mark Martha Martin Marvin Mary Mason Matt Matthew Maureen Maurice \
Max Megan Melissa Mia Michael Michelle Mick Mike Mildred Miranda Mitchell Molly Monica Morgan Nancy Natalie Natasha Nathan Neil Nicholas Nick Nicole \
Nigel Nina Noah Nora Norma Norman Oleg Olga Oliver Olivia Oscar Owen Pam Pamela Patricia Patrick Paul Paula Peggy Pete Peter Phil Philip \
Phillip Phyllis Rachel Ralph Randy Ray Raymond Rebecca Richard Rick Rita Rob Robert Robin Rodney Roger Ron Ronald Rosa Rose \
Roy Russell Ruth Ryan Sally Sam Samantha Samuel Sandra Sara Sarah Scott Sean Sergey Sharon Shaun Sheila Shirley Simon Sofia Sophia Sophie \
Stacy Stan Stanley Stella Stephanie Stephen Steve Steven Stuart Sue Susan Suzanne Svetlana Sylvia Tammy Tanya Tatiana Ted Teresa Terry Theodore Theresa Thomas \
Tiffany Tim Timothy Tina Todd Tom Tommy Tony Tracy Trevor Tyler Valerie Vanessa Vera Veronica Vicky Victor Victoria Vincent Viktor Violet Virginia Vivian Vladimir \
Walter Wanda Warren Wayne Wendy Wesley William Willie Yuri Yvonne Zach Zachary Zoe Mohammed Ahmed Fatima Hassan Ibrahim Aisha Priya Raj Wei Chen Mei Hiroshi";
